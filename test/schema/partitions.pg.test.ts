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
  { sql: 'UPDATE items SET n = 2 WHERE id > 140', copies: 0 },
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
      expect({ sql, differences, copies: world.copies - before[0] }).toEqual({ sql, differences: [], copies });
    }
    expect(said.filter((message) => message.includes('detached'))).toEqual([]);
    await source.query('ALTER TABLE items DETACH PARTITION filled');
    await until(() => said.at(-1)?.includes('detached') === true, { describe: 'notice', timeout: 15_000 });
    expect(await world.settle()).not.toEqual([]);
    // Back with other rows, while the stream is down.
    await stream.pause();
    await source.query('DELETE FROM filled; INSERT INTO filled VALUES (101, 5)');
    await source.query(attach('filled', 100));
    await stream.resume();
    await until(() => world.copies === 2, { describe: 'the copy', timeout: 15_000 });
    expect(await world.settle()).toEqual([]);
    const gone = () => said.filter((message) => message.includes('detached or dropped')).length;
    expect(gone()).toBe(1);
    await source.query('DROP TABLE filled');
    await until(() => gone() === 2, { describe: 'notice', timeout: 60_000 });
  },
);

test('a partition that is gone is said once where rows that come with others are ignored', {
  timeout: 60_000,
}, async () => {
  const schemaChanges = { 'alter-column-type': 'ignore' } as const;
  await using world = await evolving({
    schema: `${schema}; CREATE TABLE items_9 PARTITION OF items FOR VALUES FROM (900) TO (1000)`,
    schemaChanges,
  });
  const { source, said } = world;
  const gone = () => said.filter((message) => message.includes('detached or dropped')).length;
  await source.query(`BEGIN; ${attach('filled', 100)}; ALTER TABLE items DETACH PARTITION items_0; COMMIT`);
  await until(() => gone() > 0, { describe: 'the notice', timeout: 20_000 });
  await source.query('DROP TABLE items_9');
  await until(() => gone() > 1, { describe: 'the next notice', timeout: 20_000 });
  expect(gone()).toBe(2);
  expect(world.copies).toBe(0);
});

test('the event trigger tells an empty table from one that was filled before, within a transaction, too', async () => {
  await using world = await evolving({ schema, ddl: 'event-trigger' });
  const { source } = world;
  await source.query(`CREATE TABLE empty (${table})`);
  await source.query(attach('empty', 400));
  await source.query('INSERT INTO items VALUES (400, 1)');
  expect(await world.settle()).toEqual([]);
  expect(world.copies).toBe(0);
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
