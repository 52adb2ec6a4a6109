import { createStream, type Stream } from '@millrace/core';
import { postgresSource } from '@millrace/postgres-source';
import { postgresSink } from '@millrace/sql-sink/postgres';
import { expect, test } from 'vitest';
import {
  createDatabase,
  differences,
  type PostgresEndpoint,
  sharedPostgres,
  startPostgres,
  type TestDatabase,
  uniqueName,
  until,
} from '../harness/index.ts';
import { live } from '../snapshot/shop-world.ts';

interface Setup extends AsyncDisposable {
  readonly source: TestDatabase;
  readonly target: TestDatabase;
  readonly slot: string;
  stream(options?: object): Stream;
}

const setup = async (schema: string, server: PostgresEndpoint = sharedPostgres()): Promise<Setup> => {
  const source = await createDatabase(server);
  const target = await createDatabase(sharedPostgres());
  await source.query(schema);
  const slot = uniqueName('slot');
  return {
    source,
    target,
    slot,
    stream: (options = {}) =>
      createStream({
        id: 'side',
        source: postgresSource({ connection: source.url, slot, publication: 'side' }),
        sink: postgresSink({ connection: target.url }),
        ...options,
      }),
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
};

const rows = async (database: TestDatabase, table: string) =>
  (await database.query(`SELECT FROM ${table}`).catch(() => [])).length;

const jobOf = (stream: Stream, table: string) => stream.backfills.find((backfill) => backfill.table === table);

const slots = 'SELECT slot_name FROM pg_replication_slots WHERE database = current_database()';

test('a table that is made while the stream runs is copied once, with the rows that came before it was met', {
  timeout: 60_000,
}, async () => {
  await using world = await setup('CREATE TABLE a (id int PRIMARY KEY); CREATE PUBLICATION side FOR ALL TABLES');
  const { source, target } = world;
  await using stream = world.stream();
  await stream.start();
  await live(stream);
  await source.query(`CREATE TABLE made (id int PRIMARY KEY, v text);
    INSERT INTO made SELECT g, 'v' FROM generate_series(1, 500) g`);
  await source.query('UPDATE made SET v = id WHERE id % 2 = 0; INSERT INTO a VALUES (1)');
  await until(() => jobOf(stream, 'public.made')?.state === 'completed', { describe: 'the copy', timeout: 30_000 });
  await live(stream);
  await source.query('DELETE FROM made WHERE id = 7; INSERT INTO a VALUES (2)');
  await until(async () => (await rows(target, 'a')) === 2, { describe: 'the last change' });
  expect(await differences(source, target, ['a', 'made'])).toEqual([]);
  const { startedAt } = jobOf(stream, 'public.made') ?? {};
  await stream.stop();
  await stream.start();
  expect(stream.state).toEqual({ status: 'running', snapshot: null });
  expect(jobOf(stream, 'public.made')).toMatchObject({ state: 'completed', trigger: 'automatic', startedAt });
});

test('a table that was taken out and comes back has what happened meanwhile', { timeout: 60_000 }, async () => {
  await using world = await setup(`CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, v text);
    INSERT INTO b SELECT g, 'old' FROM generate_series(1, 300) g`);
  const { source, target } = world;
  await using stream = world.stream();
  await stream.start();
  await live(stream);
  await stream.update({ tables: ['public.a'] });
  await source.query(`UPDATE b SET v = 'new' WHERE id <= 100; DELETE FROM b WHERE id > 200; INSERT INTO a VALUES (1)`);
  await until(async () => (await rows(target, 'a')) === 1, { describe: 'the change of the other table' });
  expect(jobOf(stream, 'public.b')?.state).toBe('not-started');
  await stream.update({ tables: ['public.a', 'public.b'] });
  await live(stream);
  expect(await differences(source, target, ['a', 'b'])).toEqual([]);
  expect(jobOf(stream, 'public.b')?.state).toBe('completed');
});

test('a table without a key is added, and copied anew, as a whole', { timeout: 60_000 }, async () => {
  await using world = await setup(`CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE bag (v int, w text);
    ALTER TABLE bag REPLICA IDENTITY FULL; INSERT INTO bag SELECT g % 3, 'x' FROM generate_series(1, 300) g`);
  const { source, target } = world;
  await using stream = world.stream({ tables: ['public.a'] });
  await stream.start();
  await live(stream);
  await stream.update({ tables: ['public.a', 'public.bag'] });
  await source.query('INSERT INTO bag VALUES (7), (7)');
  await live(stream);
  await source.query('INSERT INTO bag VALUES (8)');
  await until(async () => (await rows(target, 'bag')) === 303, { describe: 'the rows' });
  await target.query('DELETE FROM bag WHERE v = 1; INSERT INTO bag VALUES (-1)');
  await expect(stream.backfill('public.missing')).rejects.toMatchObject({ code: 'NOT_POSSIBLE' });
  await stream.backfill('public.bag');
  await until(() => jobOf(stream, 'public.bag')?.state === 'completed', { describe: 'the copy', timeout: 30_000 });
  await source.query('INSERT INTO bag VALUES (9), (9)');
  await live(stream);
  await until(async () => (await rows(target, 'bag')) === 305, { describe: 'the last rows' });
  const counts = 'SELECT v, w, count(*) FROM bag GROUP BY 1, 2 ORDER BY 1';
  expect(await target.query(counts)).toEqual(await source.query(counts));
});

test('a side stream that cannot go on is given up: the stream goes on, nothing of it is left, and it can be asked for again', {
  timeout: 90_000,
}, async () => {
  await using world = await setup(`CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);
    INSERT INTO b SELECT generate_series(1, 300)`);
  const { source, target, slot } = world;
  await target.query('CREATE TABLE b (id int PRIMARY KEY); INSERT INTO b VALUES (-1)');
  await using stream = world.stream({ tables: ['public.a'] });
  await stream.start();
  await live(stream);
  await stream.update({ tables: ['public.a', 'public.b'] });
  await until(() => jobOf(stream, 'public.b')?.state === 'failed', { describe: 'the copy to fail' });
  expect(jobOf(stream, 'public.b')?.error).toMatchObject({ code: 'TARGET_NOT_EMPTY' });
  await source.query('INSERT INTO a VALUES (1); INSERT INTO b VALUES (301)');
  await until(async () => (await rows(target, 'a')) === 1, { describe: 'the other table to go on' });
  await until(async () => (await source.query(slots)).length === 1, { describe: 'the slot to be gone' });
  expect(await rows(target, 'b')).toBe(1);
  // Somebody else's slot is in the way.
  await source.query(`SELECT pg_create_logical_replication_slot('${slot}_side_1', 'pgoutput')`);
  await stream.backfill('public.b');
  await until(() => jobOf(stream, 'public.b')?.error?.code === 'SLOT_UNUSABLE', { describe: 'the copy to fail again' });
  expect(await source.query(slots)).toHaveLength(2);
  await source.query(`SELECT pg_drop_replication_slot('${slot}_side_1')`);
  await stream.backfill('public.b');
  await live(stream);
  expect(await differences(source, target, ['a', 'b'])).toEqual([]);
  expect(stream.errors).toEqual([]);
});

test('what a stream that copies nothing has applied is not copied later', { timeout: 60_000 }, async () => {
  await using world = await setup(`CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1);
    CREATE TABLE b (id int PRIMARY KEY)`);
  const { source, target } = world;
  const following = world.stream({ snapshot: 'never', tables: ['public.a'] });
  await following.start();
  await source.query('INSERT INTO a VALUES (2)');
  await until(async () => (await rows(target, 'a')) === 1, { describe: 'the change' });
  await following.stop();
  await using stream = world.stream({ tables: ['public.a', 'public.b'] });
  await stream.start();
  await live(stream);
  expect(await target.query('SELECT id FROM a')).toEqual([{ id: 2 }]);
  expect(stream.backfills.map(({ table, state }) => [table, state])).toEqual([
    ['public.a', 'not-started'],
    ['public.b', 'completed'],
  ]);
});

test('a server without a free slot is a warning for the stream, and ends the copy beside it', {
  timeout: 60_000,
}, async () => {
  await using server = await startPostgres({ settings: { max_replication_slots: '1' } });
  await using world = await setup('CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)', server);
  await using first = world.stream({ tables: ['public.a'] });
  await first.start();
  await live(first);
  await first.stop();
  await using stream = world.stream();
  await world.source.query('ALTER PUBLICATION side ADD TABLE b');
  const { items } = await stream.validate();
  const failures = items.filter(({ state }) => state === 'failed').map(({ code, level }) => [code, level]);
  expect(failures).toContainEqual(['NO_FREE_SLOT', 'warning']);
  await stream.start();
  await until(() => jobOf(stream, 'public.b')?.error?.code === 'NO_FREE_SLOT', { describe: 'the copy to fail' });
  await world.source.query('INSERT INTO a VALUES (1)');
  await until(async () => (await rows(world.target, 'a')) === 1, { describe: 'the other table to go on' });
});
