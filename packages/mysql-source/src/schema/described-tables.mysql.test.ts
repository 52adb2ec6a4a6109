import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createMysqlDatabase, mysqlNames, sharedMysql } from '../../../../test/harness/index.ts';
import { mysqlSource } from '../mysql-source.ts';
import { contextOf } from '../snapshot/copied-table.test-support.ts';

test.each(mysqlNames())(
  'tables of %s that pass on their names are described as they are at one moment',
  { timeout: 60_000 },
  async (name) => {
    await using database = await createMysqlDatabase(sharedMysql(name));
    await database.query('CREATE TABLE a (id int PRIMARY KEY, x int); CREATE TABLE b (y int)');
    const other = await database.connect();
    const context = contextOf(new AbortController().signal);
    const source = mysqlSource({ connection: database.url });
    // One at a time, so that two readings in a row are equal.
    const rename = async () => {
      await setTimeout(Math.random() * 25);
      await other.query('RENAME TABLE a TO c, b TO a, c TO b');
    };
    const seen = new Set<string>();
    for (let reading = 0; reading < 150; reading++) {
      const [relations] = await Promise.all([source.describe(context), rename()]);
      const tables = relations.map(({ table, columns, key }) => {
        const nameOf = (at: number) => columns[at]?.name;
        return `${table} of ${[...columns.keys()].map(nameOf)} by ${key?.map(nameOf)}`;
      });
      seen.add(tables.sort().join('; '));
    }
    expect([...seen].sort()).toEqual(['a of id,x by id; b of y by undefined', 'a of y by undefined; b of id,x by id']);
  },
);
