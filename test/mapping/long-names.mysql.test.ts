import { createStream, type Stream } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import {
  createDatabase,
  createMysqlDatabase,
  sharedMysql,
  sharedPostgres,
  uniqueName,
  until,
} from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';

/** MySQL has names of 64 characters, and PostgreSQL cuts off what is longer than 63 bytes. */
const long = 'x'.repeat(64);

const world = async (schema: string) => {
  const source = await createMysqlDatabase(sharedMysql('mysql'));
  const target = await createDatabase(sharedPostgres());
  await source.query(schema);
  return {
    source,
    target,
    stream: (options: object = {}, tables = {}): Stream =>
      createStream({
        id: uniqueName('long'),
        source: mysqlSource({ connection: source.url }),
        sink: postgresSink({ connection: target.url, targetSchema: 'public', tables }),
        ...options,
      }),
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
};

const made = `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`;

test.each([
  [`CREATE TABLE ${long} (id int PRIMARY KEY)`, long, { name: 'short' }],
  [`CREATE TABLE t (id int PRIMARY KEY, ${long} int)`, 't', { columns: { [long]: 'short' } }],
] as const)(
  'a name that the target would cut off ends the start: %s',
  { timeout: 60_000 },
  async (schema, table, shorter) => {
    await using w = await world(schema);
    await using refused = w.stream();
    await expect(refused.start()).rejects.toThrow('NAME_TOO_LONG');
    expect(await w.target.query(made)).toEqual([]);
    await using stream = w.stream({}, { [`${w.source.name}.${table}`]: shorter });
    await stream.start();
    await live(stream);
  },
);

const changes = [
  `ALTER TABLE t ADD ${long} int`,
  `ALTER TABLE t RENAME COLUMN a TO ${long}`,
  `CREATE TABLE ${long} (id int PRIMARY KEY); INSERT INTO ${long} VALUES (1)`,
  `RENAME TABLE t TO ${long}`,
];

test.each(changes)('and is not made later: %s', { timeout: 120_000 }, async (change) => {
  for (const schemaChanges of ['evolve', 'try-evolve'] as const) {
    await using w = await world('CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 1)');
    await using stream = w.stream({ schemaChanges });
    const said: string[] = [];
    stream.on('warning', ({ code }) => said.push(code));
    await stream.start();
    await live(stream);
    await w.source.query(`${change}; CREATE TABLE last (id int PRIMARY KEY); INSERT INTO last VALUES (1)`);
    const isOver = async () =>
      stream.errors.length > 0 || (await w.target.query(`${made} AND tablename = 'last'`)).length > 0;
    await until(isOver, { describe: 'the next table', timeout: 20_000 });
    const codes = [...said, ...stream.errors.map(({ code }) => code)];
    expect([schemaChanges, codes.filter((code) => /^(?:SCHEMA_CHANGE|NAME_TOO_LONG)/.test(code))]).toEqual([
      schemaChanges,
      [expect.any(String)],
    ]);
    expect(await w.target.query(`${made} AND tablename NOT IN ('t', 'last')`)).toEqual([]);
    expect(await w.target.query('SELECT * FROM t')).toEqual([{ id: 1, a: 1 }]);
  }
});
