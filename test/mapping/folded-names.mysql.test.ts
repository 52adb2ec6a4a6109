import { createStream, type Stream } from '@millrace/core';
import { mysqlSource } from '@millrace/mysql-source';
import { mysqlSink } from '@millrace/sql-sink/mysql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMysqlDatabase, type MysqlServer, sharedMysql, startMysql, uniqueName, until } from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';

/** A target that takes names of tables that differ in case alone for the same. */
let server: Awaited<ReturnType<typeof startMysql>>;
beforeAll(async () => {
  server = await startMysql({ name: 'mariadb-11.8', settings: { lower_case_table_names: '1' } });
});
afterAll(() => server[Symbol.asyncDispose]());

const world = async (to: MysqlServer) => {
  const source = await createMysqlDatabase(sharedMysql('mysql'));
  const target = await createMysqlDatabase(to);
  await source.query('CREATE TABLE Orders (id int PRIMARY KEY, v varchar(20))');
  return {
    source,
    target,
    stream: (options: object = {}): Stream =>
      createStream({
        id: uniqueName('folded'),
        source: mysqlSource({ connection: source.url }),
        sink: mysqlSink({ connection: target.url, schema: uniqueName('progress'), targetSchema: target.name }),
        ...options,
      }),
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
};

const create = `CREATE TABLE orders (id int PRIMARY KEY, v varchar(20))`;
const rows = `INSERT INTO orders VALUES (1, 'of another table')`;

/** The table that was there first has no rows, and gets none of another one. */
const refusal = async (stream: Stream, target: { query(sql: string): Promise<unknown> }) => {
  const isRefused = () =>
    [...stream.errors, ...stream.backfills.map(({ error }) => error)].some((error) => error?.code === 'NAME_TAKEN');
  await until(isRefused, { describe: 'the refusal', timeout: 15_000 }).catch(async () =>
    expect(await target.query('SELECT * FROM orders')).toEqual('refused'),
  );
  expect(await target.query('SELECT * FROM orders')).toEqual([]);
};

test('a table that is made while the stream runs is not written into one whose name the target takes for its own', {
  timeout: 60_000,
}, async () => {
  await using w = await world(server);
  await using stream = w.stream();
  await stream.start();
  await live(stream);
  await w.source.query(`${create}; ${rows}`);
  await refusal(stream, w.target);
});

test.each(['initial', 'never'] as const)('nor is one that is added: %s', { timeout: 60_000 }, async (snapshot) => {
  await using w = await world(server);
  await w.source.query(create);
  const name = (table: string) => `${w.source.name}.${table}`;
  await using stream = w.stream({ tables: [name('Orders')], snapshot });
  await stream.start();
  await live(stream);
  await stream.update({ tables: [name('Orders'), name('orders')] }).catch((error) => {
    expect(error).toMatchObject({ code: 'NAME_TAKEN' });
  });
  await w.source.query(rows);
  await refusal(stream, w.target);
});

test.each(['lenient', 'evolve', 'try-evolve'] as const)(
  'nor one that gets the name: %s',
  { timeout: 60_000 },
  async (schemaChanges) => {
    await using w = await world(server);
    await w.source.query('CREATE TABLE other (id int PRIMARY KEY, v varchar(20))');
    await using stream = w.stream({ schemaChanges });
    await stream.start();
    await live(stream);
    await w.source.query(`RENAME TABLE other TO orders; ${rows}`);
    await refusal(stream, w.target);
  },
);

test('a table whose name changes in case alone keeps its place', { timeout: 60_000 }, async () => {
  await using w = await world(server);
  await using stream = w.stream({ schemaChanges: 'evolve' });
  await stream.start();
  await live(stream);
  for (const [at, [from, to]] of [
    ['Orders', 'ORDERS'],
    ['ORDERS', 'orders'],
  ].entries()) {
    await w.source.query(`RENAME TABLE ${from} TO ${to}; INSERT INTO ${to} VALUES (${at}, '${to}')`);
    await until(async () => (await w.target.query('SELECT * FROM orders')).length === at + 1, {
      describe: 'the row',
      timeout: 15_000,
    }).catch(() => expect([stream.state, stream.errors]).toEqual([]));
  }
  expect(stream.errors).toEqual([]);
});

test('a table that is dropped gives its name back', { timeout: 60_000 }, async () => {
  await using w = await world(server);
  await using stream = w.stream({ schemaChanges: 'evolve' });
  await stream.start();
  await live(stream);
  await w.source.query(`DROP TABLE Orders; ${create}; ${rows}`);
  await until(async () => (await w.target.query('SELECT * FROM orders').catch(() => [])).length === 1, {
    describe: 'the row',
    timeout: 15_000,
  }).catch(() => expect([stream.state, stream.errors]).toEqual([]));
});
