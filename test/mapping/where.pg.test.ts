import { createStream, type Stream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { describe, expect, test } from 'vitest';
import {
  createDatabase,
  type PostgresEndpoint,
  postgresVersions,
  sharedPostgres,
  type TestDatabase,
  uniqueName,
  until,
} from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';

const world = async (schema: string, server: PostgresEndpoint = sharedPostgres()) => {
  const source = await createDatabase(server);
  const target = await createDatabase(sharedPostgres());
  await source.query(schema);
  const slot = uniqueName('slot');
  return {
    source,
    target,
    stream: (tables: readonly object[], sink: object = {}): Stream =>
      createStream({
        id: 'where',
        source: postgresSource({ connection: source.url, slot, publication: 'where' }),
        sink: postgresSink({ connection: target.url, ...sink }),
        tables: tables as never,
        copy: { maxBytes: 32 * 1024 },
      }),
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
};

const rows = (database: TestDatabase, sql: string) => database.query(`SELECT to_jsonb(t)::text AS row FROM (${sql}) t`);

const settled = (source: TestDatabase, target: TestDatabase, table: string, where: string) => {
  const [there, here] = [`SELECT * FROM ${table} WHERE ${where} ORDER BY 1`, `SELECT * FROM ${table} ORDER BY 1`];
  const same = async () =>
    JSON.stringify(await rows(source, there)) === JSON.stringify(await rows(target, here).catch(() => []));
  return until(same, { describe: `${table} to hold what it should`, timeout: 30_000 });
};

const refusal = (stream: Stream) =>
  stream.start().then(
    () => 'started',
    (error: Error) => error.message,
  );

/** Every row enters and leaves again and again, stays in, and stays out. */
const load = async (source: TestDatabase, rounds: number) => {
  for (let round = 0; round < rounds; round++)
    await source.query(`
      UPDATE orders SET amount = amount + 7, note = 'out' WHERE id % 5 = ${round % 5};
      UPDATE orders SET amount = (amount * 13 + ${round}) % 40 WHERE id % 7 = ${round % 7};
      UPDATE orders SET note = note || '.' WHERE id % 11 = ${round % 11};
      UPDATE orders SET id = -id WHERE id % 97 = ${round};
      DELETE FROM orders WHERE id = ${round * 20}; INSERT INTO orders VALUES (${10_000 + round}, ${round * 3}, 'new')`);
};

const orders = `CREATE TABLE orders (id int PRIMARY KEY, amount int NOT NULL, note text, big text);
  ALTER TABLE orders ALTER big SET STORAGE EXTERNAL;
  ALTER TABLE orders REPLICA IDENTITY FULL;
  INSERT INTO orders SELECT g, g % 40, 'n' || g, CASE WHEN g % 3 = 0 THEN repeat(md5(g::text), 90) END
    FROM generate_series(1, 2000) g`;

describe.each(postgresVersions().filter((version) => version >= 15))('rows of PostgreSQL %i', (version) => {
  const server = sharedPostgres(version);

  test('enter and leave a table by their condition, while it is copied and after', { timeout: 90_000 }, async () => {
    await using both = await world(orders, server);
    const { source, target } = both;
    const where = 'amount between 10 and 29 -- half of them';
    const tables = [{ name: 'public.orders', where }];
    const stream = both.stream(tables);
    const loading = load(source, 30);
    await stream.start();
    await loading;
    await live(stream);
    await settled(source, target, 'orders', 'amount BETWEEN 10 AND 29');
    // In to out, out to in, in to in, out to out.
    await source.query(`UPDATE orders SET amount = 99 WHERE amount = 10; UPDATE orders SET amount = 10 WHERE amount = 5;
      UPDATE orders SET note = 'same' WHERE amount = 20; UPDATE orders SET note = 'same' WHERE amount = 30`);
    await settled(source, target, 'orders', 'amount BETWEEN 10 AND 29');
    await stream.stop();
    await load(source, 5);
    await using again = both.stream(tables);
    await again.start();
    await settled(source, target, 'orders', 'amount BETWEEN 10 AND 29');
    await target.query('UPDATE orders SET note = NULL; INSERT INTO orders VALUES (-77777, 1)');
    await again.backfill('public.orders');
    await settled(source, target, 'orders', 'amount BETWEEN 10 AND 29');
    expect([...stream.errors, ...again.errors]).toEqual([]);
  });

  test('that change their key enter with values that the log leaves out', { timeout: 60_000 }, async () => {
    await using both = await world(
      `CREATE TABLE docs (id int PRIMARY KEY, big text); ALTER TABLE docs ALTER big SET STORAGE EXTERNAL;
       INSERT INTO docs SELECT g, repeat(md5(g::text), 90) FROM generate_series(-300, 300) g`,
      server,
    );
    const { source, target } = both;
    const stream = both.stream([{ name: 'public.docs', where: 'id > 0' }]);
    await stream.start();
    await live(stream);
    await source.query('UPDATE docs SET id = -1000 WHERE id = 7; DELETE FROM docs WHERE id = 8');
    await settled(source, target, 'docs', 'id > 0');
    await source.query('UPDATE docs SET id = 1000 WHERE id = -3');
    // Nothing is written that is not known.
    await expect(stream.done).rejects.toMatchObject({ code: 'ROW_MISSING' });
    expect(await target.query('SELECT FROM docs WHERE id = 1000')).toEqual([]);
  });
});

test('a condition is refused that would break the application, and its statements still work', {
  timeout: 60_000,
}, async () => {
  await using both = await world(
    'CREATE TABLE orders (id int PRIMARY KEY, amount int); INSERT INTO orders VALUES (1, 1)',
  );
  const { source, target } = both;
  const where = 'amount > 10';
  const message = await refusal(both.stream([{ name: 'orders', where }]));
  expect(message).toContain('NO_REPLICA_IDENTITY: Without a replica identity, with all columns of its where,');
  expect(message).toContain('ALTER TABLE "public"."orders" REPLICA IDENTITY FULL;');
  await source.query('UPDATE orders SET amount = 20');
  expect(await source.query('SELECT FROM pg_publication')).toEqual([]);
  expect(await refusal(both.stream([{ name: 'orders', where: 'amont > 10' }]))).toContain('ROW_FILTER_NOT_POSSIBLE');
  expect(await refusal(both.stream([{ name: 'orders', where: 'id > (SELECT 1)' }]))).toContain(
    'ROW_FILTER_NOT_POSSIBLE',
  );
  const volatile = both.stream([{ name: 'orders', where: 'id > random()' }]);
  await expect(volatile.start()).rejects.toMatchObject({ code: 'ROW_FILTER_NOT_POSSIBLE' });
  expect(await source.query('SELECT FROM pg_publication')).toEqual([]);
  await volatile.delete();
  await using inserts = both.stream([{ name: 'orders', where, operations: ['insert'] }]);
  await inserts.start();
  await live(inserts);
  await source.query('UPDATE orders SET amount = 30; INSERT INTO orders VALUES (2, 5), (3, 50)');
  await until(async () => (await target.query('SELECT FROM orders')).length === 2, { describe: 'two rows' });
  expect(await target.query('SELECT id FROM orders ORDER BY id')).toEqual([{ id: 1 }, { id: 3 }]);
});

test('another condition than the one that is published is refused, at a start as by update()', {
  timeout: 60_000,
}, async () => {
  await using both = await world(orders);
  const { source, target } = both;
  const asking = (where?: string) => [{ name: 'public.orders', ...(where === undefined ? {} : { where }) }];
  const stream = both.stream(asking('amount>10'));
  await stream.start();
  await live(stream);
  await expect(stream.update({ tables: asking('amount > 20') as never })).rejects.toMatchObject({
    code: 'ROW_FILTER_DIFFERS',
    recovery: 'operator',
  });
  await stream.stop();
  const refused = await refusal(both.stream(asking()));
  expect(refused).toContain(
    'Publication where publishes rows where (amount > 10) of public.orders, the stream asks for all',
  );
  // What the message says, done.
  await using other = both.stream(asking('amount > 20'));
  const fix = /BEGIN; .* COMMIT;/s.exec(await refusal(other))?.[0] ?? '';
  await source.query(fix);
  await other.start();
  await other.backfill('public.orders');
  await settled(source, target, 'orders', 'amount > 20');
});

test("a publication of the operator's is used if it publishes the rows that are asked for", {
  timeout: 60_000,
}, async () => {
  await using both = await world(`${orders}; CREATE TABLE other (id int PRIMARY KEY);
    CREATE PUBLICATION "where" FOR TABLE orders WHERE (amount > 10::bigint), other WHERE (id > 1)`);
  const { source, target } = both;
  const message = await refusal(both.stream([{ name: 'orders', where: 'amount > 10' }, { name: 'other' }]));
  expect(message).toContain('ROW_FILTER_DIFFERS');
  await using stream = both.stream([{ name: 'orders', where: 'amount > 10::bigint' }, { name: 'other' }]);
  await stream.start();
  await live(stream);
  await settled(source, target, 'orders', 'amount > 10');
});

test("columns and rows that the operator's publication leaves out are not in the stream, nor made at the target", {
  timeout: 60_000,
}, async () => {
  await using both = await world(`CREATE TABLE people (secret text NOT NULL, id int PRIMARY KEY, name text, hidden int);
    INSERT INTO people SELECT 's', g, 'n' || g, g FROM generate_series(1, 100) g;
    CREATE PUBLICATION "where" FOR TABLE people (id, name) WHERE (id > 10)`);
  const { source, target } = both;
  const stream = both.stream([]);
  await stream.start();
  await live(stream);
  const change = async (by: number) => {
    await source.query(`UPDATE people SET name = 'changed ' || ${by} WHERE id % 2 = 0; DELETE FROM people WHERE id % 10 = ${by};
      UPDATE people SET id = 200 + ${by} WHERE id = ${by}; INSERT INTO people VALUES ('s', ${300 + by}, 'new', 1)`);
    const wanted = await rows(source, 'SELECT id, name FROM people WHERE id > 10 ORDER BY 1');
    const arrived = async () => JSON.stringify(await rows(target, 'SELECT * FROM people ORDER BY 1'));
    await until(async () => (await arrived()) === JSON.stringify(wanted), { describe: 'the rows', timeout: 20_000 });
  };
  await change(1);
  await stream.stop();
  await using again = both.stream([]);
  await again.start();
  await change(2);
  expect([...stream.errors, ...again.errors]).toEqual([]);
});

test('partitions are filtered by the condition of their root', { timeout: 60_000 }, async () => {
  await using both = await world(`
    CREATE TABLE parts (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
    CREATE TABLE parts_a PARTITION OF parts FOR VALUES IN ('a');
    CREATE TABLE parts_b PARTITION OF parts FOR VALUES IN ('b');
    ALTER TABLE parts_b REPLICA IDENTITY FULL;
    INSERT INTO parts SELECT g, CASE WHEN g % 2 = 0 THEN 'a' ELSE 'b' END FROM generate_series(1, 100) g`);
  const { source, target } = both;
  await using stream = both.stream([{ name: 'parts', where: "region = 'a'" }]);
  await stream.start();
  await live(stream);
  await source.query(`UPDATE parts SET region = 'b' WHERE id < 20; UPDATE parts SET region = 'a' WHERE id > 90`);
  await settled(source, target, 'parts', "region = 'a'");
});

test('older servers have no row filters', { timeout: 60_000 }, async () => {
  if (!postgresVersions().includes(14)) return;
  await using both = await world('CREATE TABLE orders (id int PRIMARY KEY)', sharedPostgres(14));
  expect(await refusal(both.stream([{ name: 'orders', where: 'id > 1' }]))).toContain(
    'ROW_FILTER_NOT_POSSIBLE: The condition (where) of public.orders cannot be used: PostgreSQL has row filters from version 15',
  );
  expect(() => both.stream([{ name: 'public.*', where: 'id > 1' }])).toThrow(
    'tables.0.where: is a condition on one table',
  );
});
