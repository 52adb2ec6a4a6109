import { setTimeout } from 'node:timers/promises';
import { createStream, memoryCheckpointStore, nullSink } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import {
  createDatabase,
  differences,
  postgresVersions,
  sharedPostgres,
  startProgram,
  type TestDatabase,
  uniqueName,
  until,
} from '../harness/index.ts';
import { live } from './shop-world.ts';

const tables = ['bag', 'bags', 'keyed'];

/** Tables without a key, one of them in partitions of several shapes, beside one that has one, and one of inserts only. */
const schema = `
  CREATE TABLE bag (a int, b text, big text);
  ALTER TABLE bag REPLICA IDENTITY FULL;
  ALTER TABLE bag ALTER COLUMN big SET STORAGE EXTERNAL;
  CREATE TABLE bags (a int, at int) PARTITION BY RANGE (at);
  CREATE TABLE bags_1 PARTITION OF bags FOR VALUES FROM (0) TO (10);
  CREATE TABLE bags_2 (at int, a int);
  ALTER TABLE bags ATTACH PARTITION bags_2 FOR VALUES FROM (10) TO (20);
  ALTER TABLE bags REPLICA IDENTITY FULL;
  ALTER TABLE bags_1 REPLICA IDENTITY FULL;
  ALTER TABLE bags_2 REPLICA IDENTITY FULL;
  CREATE TABLE keyed (id int PRIMARY KEY, v text);
  CREATE TABLE log (id int PRIMARY KEY, v text);
  INSERT INTO bag SELECT g % 500, repeat('b', 80), CASE WHEN g % 20 = 0 THEN repeat('x', 3000) END FROM generate_series(1, 2000) g;
  INSERT INTO bags SELECT g, g % 20 FROM generate_series(1, 1000) g;
  INSERT INTO keyed SELECT g, 'k' || g FROM generate_series(1, 2000) g;
  INSERT INTO log SELECT g, 'l' || g FROM generate_series(1, 500) g`;

const selected = [
  'public.bag',
  'public.bags',
  'public.keyed',
  { name: 'public.log', operations: ['insert', 'truncate'] as const },
];

const streamOf = (source: TestDatabase, target: TestDatabase, options: object = {}) =>
  createStream({
    id: 'exact',
    source: postgresSource({ connection: source.url, slot: uniqueName('slot'), publication: 'exact' }),
    sink: postgresSink({ connection: target.url }),
    tables: selected,
    copy: { maxBytes: 16 * 1024 },
    ...options,
  } as never);

const upTo = (count: number): number => Math.floor(Math.random() * count);

/** What the application does. */
const changes: readonly (() => string)[] = [
  () =>
    `INSERT INTO bag VALUES (${upTo(500)}, 'new', repeat('y', ${upTo(2) * 3000})), (-1, 'same', NULL), (-1, 'same', NULL)`,
  () => `DELETE FROM bag WHERE ctid = (SELECT ctid FROM bag WHERE a = ${upTo(500)} LIMIT 1)`,
  () => `DELETE FROM bag WHERE a = ${upTo(500)}`,
  () => `UPDATE bag SET a = a + 1 WHERE a = ${upTo(500)}`,
  () => `UPDATE bag SET b = 'changed' WHERE ctid IN (SELECT ctid FROM bag WHERE a = -1 AND b = 'same' LIMIT 1)`,
  () => `UPDATE bags SET at = (at + 7) % 20 WHERE a = ${upTo(1000)}`,
  () => `INSERT INTO bags VALUES (${upTo(1000)}, ${upTo(20)}); DELETE FROM bags WHERE a = ${upTo(1000)}`,
  () => `UPDATE keyed SET v = 'changed' WHERE id = ${upTo(2000)}; DELETE FROM bag WHERE a = ${upTo(500)}`,
  () => `INSERT INTO log SELECT max(id) + 1, 'new' FROM log`,
  // Nobody hears of it, but rows go to other places.
  () => `UPDATE log SET v = repeat('v', 200) WHERE id % 20 = ${upTo(20)}`,
];

const work = (source: TestDatabase) => {
  let isWorking = true;
  let done = 0;
  const running = (async () => {
    for (; isWorking; done++) {
      await source.query(changes[upTo(changes.length)]?.() ?? '');
      // A change of a row without a key is a scan of its table at the target.
      await setTimeout(5);
    }
  })();
  const stop = async () => {
    isWorking = false;
    await running;
  };
  return { stop, done: () => done, [Symbol.asyncDispose]: stop };
};

const settled = async (source: TestDatabase, target: TestDatabase) => {
  const isEqual = async () => (await differences(source, target, tables)).length === 0;
  await until(isEqual, { describe: 'the last change', timeout: 20_000 }).catch(() => {});
  return differences(source, target, tables);
};

test.each(postgresVersions())(
  'tables without a key are copied from PostgreSQL %i while they change',
  { timeout: 60_000 },
  async (version) => {
    const server = sharedPostgres(version);
    await using source = await createDatabase(server);
    await using target = await createDatabase(server);
    await source.query(schema);
    await using stream = streamOf(source, target, { copy: { maxBytes: 16 * 1024, maxBytesPerSecond: 1_000_000 } });
    const handovers: string[] = [];
    stream.on('handover', ({ table }) => handovers.push(table));
    await using load = work(source);
    await stream.start();
    await live(stream);
    const before = load.done();
    await until(() => load.done() > before + 50, { describe: 'more changes' });
    await load.stop();
    expect(await settled(source, target)).toEqual([]);
    const ids = 'SELECT id FROM log ORDER BY id';
    expect(await target.query(ids)).toEqual(await source.query(ids));
    expect(handovers.sort()).toEqual([...tables, 'log'].map((table) => `public.${table}`));
    expect(stream.errors).toEqual([]);
    const { items } = await stream.validate();
    expect(items.filter(({ state, level }) => state === 'failed' && level === 'error')).toEqual([]);
  },
);

test('validation says which tables are copied in one transaction', async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query(schema);
  await using stream = streamOf(source, target);
  const { items } = await stream.validate();
  expect(items.find(({ code }) => code === 'COPY_NOT_RESUMABLE')).toMatchObject({
    level: 'warning',
    message: expect.stringMatching(/public.bag, public.bags, public.log$/),
  });
});

test('killed in the middle of a table without a key: nothing of it is there, and it is copied anew', {
  timeout: 60_000,
}, async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query(`CREATE TABLE bag (a int, b text); ALTER TABLE bag REPLICA IDENTITY FULL;
    INSERT INTO bag SELECT g % 100, repeat('b', 100) FROM generate_series(1, 20000) g`);
  const options = { source: source.url, target: target.url, slot: uniqueName('slot') };
  const program = new URL('./copy.program.ts', import.meta.url);
  const start = (more: object) => startProgram(program, { args: [JSON.stringify({ ...options, ...more })] });
  const first = await start({ maxBytesPerSecond: 500_000 });
  // The size of a table shows rows that nobody else sees yet.
  const written = "SELECT FROM pg_class WHERE relname = 'bag' AND pg_relation_size(oid) > 100000";
  await until(async () => (await target.query(written)).length > 0, { describe: 'rows on their way', timeout: 30_000 });
  first.kill('SIGKILL');
  await first.exited;
  await source.query('DELETE FROM bag WHERE a < 10; UPDATE bag SET b = NULL WHERE a = 20');
  expect(await target.query('SELECT FROM bag')).toEqual([]);
  await using second = await start({});
  await second.message('handover');
  expect(await differences(source, target, ['bag'])).toEqual([]);
  second.send('stop');
  await second.message('stopped');
});

test('a table that is rewritten before it is locked is copied anew; what would rewrite it later waits', {
  timeout: 60_000,
}, async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query(`CREATE TABLE bag (a int, b text); ALTER TABLE bag REPLICA IDENTITY FULL;
    CREATE TABLE keyed (id int PRIMARY KEY, v text);
    INSERT INTO bag SELECT g, repeat('b', 100) FROM generate_series(1, 5000) g; INSERT INTO keyed SELECT a, b FROM bag`);
  await using stream = streamOf(source, target, {
    tables: ['public.bag', 'public.keyed'],
    copy: { maxBytes: 16 * 1024, maxBytesPerSecond: 1_000_000 },
  });
  const warned: unknown[] = [];
  stream.on('warning', ({ code, details }) => warned.push([code, details.table]));
  await stream.start();
  await until(() => stream.stats().sink.rows > 0, { describe: 'rows of the other table' });
  const open = await source.connect();
  await open.query('BEGIN; SELECT pg_current_xact_id()');
  const slots = 'SELECT FROM pg_replication_slots WHERE temporary AND database = current_database()';
  const isMade = async () => (await source.query(slots)).length > 0;
  await until(isMade, { describe: 'the slot of the copy to be made', timeout: 30_000 });
  await source.query('VACUUM FULL bag');
  const before = stream.stats().source.rows;
  await open.query('COMMIT');
  await until(() => stream.stats().source.rows > before, { describe: 'rows without a key' });
  await source.query('TRUNCATE bag; INSERT INTO bag VALUES (-1, NULL)');
  await live(stream);
  expect(warned).toContainEqual(['COPY_OUTDATED', 'public.bag']);
  const isEqual = async () => (await differences(source, target, ['bag', 'keyed'])).length === 0;
  await until(isEqual, { describe: 'the last change' });
  expect(stream.errors).toEqual([]);
});

test('a sink of the user gets the rows of a table without a key, each with an id of its own', async () => {
  await using source = await createDatabase(sharedPostgres());
  await source.query(`CREATE TABLE bag (a int); ALTER TABLE bag REPLICA IDENTITY FULL;
    INSERT INTO bag SELECT 1 FROM generate_series(1, 3000)`);
  const ids = new Set<string>();
  const operations = new Map<string, number>();
  await using stream = createStream({
    id: 'own',
    source: postgresSource({ connection: source.url, slot: uniqueName('slot'), publication: 'own' }),
    checkpoints: memoryCheckpointStore(),
    copy: { maxBytes: 16 * 1024 },
    sink: {
      ...nullSink({ name: 'own' }),
      async write({ changes }: { changes: Iterable<{ op: string; id: string }> }) {
        for (const { op, id } of changes) {
          operations.set(op, (operations.get(op) ?? 0) + 1);
          ids.add(id);
        }
      },
    },
  } as never);
  await stream.start();
  await live(stream);
  await source.query('DELETE FROM bag WHERE ctid IN (SELECT ctid FROM bag LIMIT 1)');
  await until(() => operations.get('delete') === 1, { describe: 'the change' });
  expect([...operations]).toEqual([
    ['read', 3000],
    ['delete', 1],
  ]);
  expect(ids.size).toBe(3001);
});
