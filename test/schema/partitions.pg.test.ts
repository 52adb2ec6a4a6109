import { createStream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import { createDatabase, differences, sharedPostgres, uniqueName, until } from '../harness/index.ts';
import { evolving } from './evolving.ts';

const table = 'id int, n int, PRIMARY KEY (id)';
const schema = `CREATE TABLE items (${table}) PARTITION BY RANGE (id);
  CREATE TABLE items_0 PARTITION OF items FOR VALUES FROM (0) TO (100);
  INSERT INTO items SELECT g, g FROM generate_series(1, 50) g;
  CREATE TABLE filled (${table});
  INSERT INTO filled SELECT g, g FROM generate_series(100, 150) g`;

const attach = (name: string, from: number) =>
  `ALTER TABLE items ATTACH PARTITION ${name} FOR VALUES FROM (${from}) TO (${from + 100})`;

/** `copies`: whether it brings rows that the log does not tell of. */
const statements = [
  { sql: attach('filled', 100), copies: 1 },
  {
    sql: `CREATE TABLE items_2 PARTITION OF items FOR VALUES FROM (200) TO (300); INSERT INTO items VALUES (200, 1);
      ALTER TABLE items ALTER n SET DEFAULT 1`,
    copies: 0,
  },
  { sql: `CREATE TABLE empty (${table})`, copies: 0 },
  {
    sql: `${attach('empty', 300)}; INSERT INTO items VALUES (300, 1); UPDATE items SET n = 2 WHERE id > 140`,
    copies: 0,
  },
  {
    sql: 'ALTER TABLE items DETACH PARTITION items_2; DELETE FROM items_2; INSERT INTO items_2 VALUES (201, 5)',
    copies: 0,
  },
] as const;

test.each(['event-trigger', 'inferred'] as const)(
  'rows of a table that becomes a partition arrive, and only then the table is copied anew: %s',
  { timeout: 120_000 },
  async (ddl) => {
    await using world = await evolving({ schema, ddl });
    const { source, stream, said } = world;
    for (const { sql, copies } of statements) {
      const before = [world.copies, said.length] as const;
      for (const statement of sql.split(';')) await source.query(statement);
      if (ddl === 'inferred' && copies > 0)
        await until(() => said.length > before[1], { describe: 'notice', timeout: 15_000 });
      const differences = await world.settle();
      const isDetached = sql.includes('DETACH');
      expect({ sql, differences, copies: world.copies - before[0] }).toEqual({
        sql,
        differences: isDetached ? differences : [],
        copies,
      });
    }
    // Others than it was taken out with, while the stream is down.
    await stream.pause();
    await source.query(attach('items_2', 200));
    await stream.resume();
    await until(() => world.copies === 2, { describe: 'the copy', timeout: 15_000 });
    expect(await world.settle()).toEqual([]);
  },
);

test('the event trigger sees a table that is made, filled and attached within a transaction', async () => {
  await using world = await evolving({ schema, ddl: 'event-trigger' });
  const { source } = world;
  await source.query(
    `BEGIN; CREATE TABLE made (${table}); INSERT INTO made VALUES (200, 1); ${attach('made', 200)}; COMMIT`,
  );
  expect(await world.settle()).toEqual([]);
  await source.query(`BEGIN; SAVEPOINT a; CREATE TABLE late (${table}); INSERT INTO late VALUES (300, 1); RELEASE a;
    SAVEPOINT b; ${attach('late', 300)}; INSERT INTO items VALUES (301, 1); COMMIT`);
  expect(await world.settle()).toEqual([]);
  expect(world.copies).toBe(2);
});

test('a partition that comes with rows while its table is copied', { timeout: 60_000 }, async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query(schema);
  await using stream = createStream({
    id: 'partitions',
    source: postgresSource({ connection: source.url, slot: uniqueName('slot'), publication: 'partitions' }),
    sink: postgresSink({ connection: target.url }),
    copy: { concurrency: 1, maxBytes: 1024, maxBytesPerSecond: 2048 },
  });
  const attached = new Promise((resolve) => {
    const stop = stream.on('snapshot', () => {
      stop();
      resolve(source.query(attach('filled', 100)));
    });
  });
  await stream.start();
  await attached;
  await until(async () => (await differences(source, target, ['items'])).length === 0, {
    describe: 'the rows of the partition',
    timeout: 40_000,
  });
  expect((await target.query('SELECT FROM items')).length).toBe(101);
});
