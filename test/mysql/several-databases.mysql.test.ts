import { createStream } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { type PostgresSinkOptions, postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import {
  createDatabase,
  createMysqlDatabase,
  mysqlNames,
  sharedMysql,
  sharedPostgres,
  until,
} from '../harness/index.ts';

const world = async (name: ReturnType<typeof mysqlNames>[number]) => {
  const server = sharedMysql(name);
  const [shop, crm] = [await createMysqlDatabase(server), await createMysqlDatabase(server)];
  const target = await createDatabase(sharedPostgres());
  await shop.query(
    'CREATE TABLE users (id int PRIMARY KEY, name varchar(9)); CREATE TABLE orders (id int PRIMARY KEY)',
  );
  await crm.query('CREATE TABLE users (id int PRIMARY KEY, mail varchar(9))');
  return {
    shop,
    crm,
    target,
    stream: (targetSchema?: PostgresSinkOptions['targetSchema']) =>
      createStream({
        id: 'databases',
        source: mysqlSource({ connection: server.url() }),
        sink: postgresSink({ connection: target.url, ...(targetSchema === undefined ? {} : { targetSchema }) }),
        tables: [`${shop.name}.*`, `${crm.name}.users`],
        snapshot: 'never',
      }),
    /** One transaction writes in both. */
    write: () =>
      shop.query(
        `BEGIN; INSERT INTO users VALUES (1, 'a'), (2, 'b'); INSERT INTO ${crm.name}.users VALUES (1, 'm');
          INSERT INTO orders VALUES (7); COMMIT; UPDATE ${crm.name}.users SET mail = 'n'; DELETE FROM users WHERE id = 2`,
      ),
    async expectRows(inShop: string, inCrm: string) {
      const rows = (table: string) => target.query(`SELECT * FROM ${table} ORDER BY id`);
      await until(async () => (await rows(`${inShop}.users`)).length === 1, { describe: 'the delete' });
      expect(await rows(`${inShop}.users`)).toEqual([{ id: 1, name: 'a' }]);
      expect(await rows(`${inShop}.orders`)).toEqual([{ id: 7 }]);
      expect(await rows(`${inCrm}.users`)).toEqual([{ id: 1, mail: 'n' }]);
    },
    [Symbol.asyncDispose]: async () => {
      for (const database of [shop, crm, target]) await database[Symbol.asyncDispose]();
    },
  };
};

test.each(mysqlNames())('two databases of %s become two schemas', async (name) => {
  await using w = await world(name);
  await using stream = w.stream();
  await stream.start();
  await w.write();
  await w.expectRows(w.shop.name, w.crm.name);
  expect(stream.errors).toEqual([]);
});

test.each(mysqlNames())(
  'two databases of %s become two schemas of other names, never one with two tables of a name',
  async (name) => {
    await using w = await world(name);
    await using one = w.stream('public');
    await expect(one.start()).rejects.toThrow('NAME_TAKEN');
    await using stream = w.stream({ [w.shop.name]: 'shop', [w.crm.name]: 'crm' });
    await stream.start();
    await w.write();
    await w.expectRows('shop', 'crm');
    expect(stream.errors).toEqual([]);
  },
);
