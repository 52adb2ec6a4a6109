import type { Stream } from '@millrace/core';
import { expect, test } from 'vitest';
import { differences, postgresVersions, startProgram, until } from '../harness/index.ts';
import { asked, both, queries, rowsOf, worldOf } from './query-world.ts';
import { live } from './shop-world.ts';

test.each(postgresVersions())(
  'rows of queries are copied once, beside tables that are followed (PostgreSQL %i)',
  { timeout: 90_000 },
  async (version) => {
    await using world = await worldOf(version);
    const { source, target } = world;
    await using stream = world.stream();
    const told: unknown[] = [];
    stream.on('schema', (event) => told.push(event));
    const { statements } = await stream.planSchema();
    expect(statements.map(({ sql }) => sql)).toContainEqual(
      expect.stringMatching(
        /CREATE TABLE "public"."per_day" .*"total" numeric\(10,2\).*"note" character varying\(20\).*PRIMARY KEY \("day", "user_id"\)/s,
      ),
    );
    await stream.start();
    await live(stream);
    const wanted = new Map<string, readonly string[]>();
    for (const name of Object.keys(queries) as (keyof typeof queries)[]) {
      const [there, here] = await both(source, target, name);
      expect(there).toEqual(here);
      wanted.set(name, there ?? []);
    }
    expect([...wanted.values()].map(({ length }) => length)).toEqual([300, 5000, 5000, 0]);
    expect(stream.backfills).toContainEqual(expect.objectContaining({ table: 'public.per_user', state: 'completed' }));
    expect(stream.stats().sink.rows).toBe(300 + 5000 + 300 + 5000 + 5000);
    await source.query("UPDATE orders SET total = total + 1; INSERT INTO users VALUES (1000, 'new')");
    await until(async () => (await differences(source, target, ['users', 'orders'])).length === 0, {
      describe: 'the changes of the tables',
    });
    for (const [name, rows] of wanted) expect(await rowsOf(target, name)).toEqual(rows);
    await stream.stop();
    await stream.start();
    await live(stream);
    for (const [name, rows] of wanted) expect(await rowsOf(target, name)).toEqual(rows);
    expect(told).toEqual([]);
    expect(stream.errors).toEqual([]);
  },
);

test('killed in the middle of a query: nothing of it is there, and its rows are those of the next attempt', {
  timeout: 60_000,
}, async () => {
  await using world = await worldOf();
  const { source, target, slot } = world;
  const query = `SELECT o.id, o.user_id, u.name, repeat('x', 200) AS filler FROM public.orders o JOIN public.users u ON u.id = o.user_id`;
  const options = {
    source: source.url,
    target: target.url,
    slot,
    tables: [{ name: 'public.joined', query, key: ['id'] }],
  };
  const program = new URL('./copy.program.ts', import.meta.url);
  const start = (more: object) => startProgram(program, { args: [JSON.stringify({ ...options, ...more })] });
  const first = await start({ maxBytesPerSecond: 300_000 });
  // The size of a table shows rows that nobody else sees yet.
  const written = "SELECT FROM pg_class WHERE relname = 'joined' AND pg_relation_size(oid) > 100000";
  await until(async () => (await target.query(written)).length > 0, { describe: 'rows on their way', timeout: 30_000 });
  first.kill('SIGKILL');
  await first.exited;
  expect(await target.query('SELECT FROM joined')).toEqual([]);
  await source.query("DELETE FROM orders WHERE id % 3 = 0; UPDATE users SET name = 'other' WHERE id < 50");
  await using second = await start({});
  expect(await second.message('handover')).toBe('public.joined');
  expect(await rowsOf(target, 'joined')).toEqual(await rowsOf(source, `(${query})`));
  second.send('stop');
  await second.message('stopped');
});

test('queries alone, and only once', { timeout: 60_000 }, async () => {
  await using world = await worldOf();
  const { source, target } = world;
  await using stream = world.stream({ tables: asked, snapshot: 'only' });
  await stream.start();
  await stream.done;
  expect(stream.state).toMatchObject({ status: 'finished', reason: 'snapshot-complete' });
  for (const name of Object.keys(queries) as (keyof typeof queries)[]) {
    const [there, here] = await both(source, target, name);
    expect(there).toEqual(here);
  }
  expect(await target.query("SELECT tablename FROM pg_tables WHERE tablename IN ('users', 'orders')")).toEqual([]);
});

test("with snapshot: 'always' every start copies anew; rows that the query does not have any more are gone", {
  timeout: 60_000,
}, async () => {
  await using world = await worldOf();
  const { source, target } = world;
  const query = 'SELECT id, total FROM public.orders WHERE total > 100';
  const tables = ['public.users', { name: 'public.dear', query, key: ['id'] }];
  await using stream = world.stream({ tables, snapshot: 'always' });
  for (let round = 0; round < 2; round++) {
    await stream.start();
    await live(stream);
    expect(await rowsOf(target, 'dear')).toEqual(await rowsOf(source, `(${query})`));
    await stream.stop();
    await source.query('UPDATE orders SET total = total - 50');
  }
});

const backfilled = (stream: Stream, table: string, state: string) =>
  until(() => stream.backfills.some((each) => each.table === table && each.state === state), {
    describe: `the copy of ${table} to be ${state}`,
    timeout: 30_000,
  });

test('a query that is added is copied beside the stream, and a backfill replaces its rows', {
  timeout: 90_000,
}, async () => {
  await using world = await worldOf();
  const { source, target } = world;
  const query = 'SELECT id, total FROM public.orders WHERE total > 100';
  const keyed = { name: 'public.dear', query, key: ['id'] };
  const keyless = { name: 'public.totals', query: 'SELECT total FROM public.orders' };
  await using stream = world.stream({ tables: ['public.users'] });
  await stream.start();
  await live(stream);
  await stream.update({ tables: ['public.users', keyed, keyless] } as never);
  await backfilled(stream, 'public.dear', 'completed');
  await backfilled(stream, 'public.totals', 'completed');
  expect(await rowsOf(target, 'dear')).toEqual(await rowsOf(source, `(${query})`));
  await source.query('UPDATE orders SET total = total - 50; DELETE FROM orders WHERE id % 5 = 0');
  await target.query('INSERT INTO dear VALUES (-1, 0); INSERT INTO totals VALUES (-1)');
  for (const { name, query } of [keyed, keyless]) {
    await stream.backfill(name);
    await backfilled(stream, name, 'completed');
    expect(await rowsOf(target, name)).toEqual(await rowsOf(source, `(${query})`));
  }
  // What cannot be copied any more stays as it is.
  const before = await rowsOf(target, 'dear');
  await stream.backfill('public.dear', { where: 'total > 500' });
  await backfilled(stream, 'public.dear', 'failed');
  await live(stream);
  await source.query('ALTER TABLE orders RENAME total TO amount');
  await stream.backfill('public.dear');
  await backfilled(stream, 'public.dear', 'failed');
  expect(stream.backfills.find(({ table }) => table === 'public.dear')?.error?.code).toBe('QUERY_NOT_POSSIBLE');
  expect(await rowsOf(target, 'dear')).toEqual(before);
  // What was copied needs its query no more.
  await stream.pause();
  await stream.resume();
  await stream.stop();
  await stream.start();
  await live(stream);
  expect(stream.backfills.map(({ state }) => state)).not.toContain('pending');
  await source.query("INSERT INTO users VALUES (-7, 'followed')");
  await until(async () => (await target.query('SELECT FROM users WHERE id = -7')).length === 1, {
    describe: 'the change',
  });
  expect(stream.errors).toEqual([]);
  // Another query under the same name: its rows are there once it is asked for.
  await stream.update({
    tables: ['public.users', { ...keyed, query: "SELECT id, amount AS total, 'new' AS kind FROM public.orders" }],
  } as never);
  await live(stream);
  expect(await rowsOf(target, 'dear')).toEqual(before);
  await stream.backfill('public.dear');
  await backfilled(stream, 'public.dear', 'completed');
  await live(stream);
  expect(await rowsOf(target, '(SELECT id, total, kind FROM dear)')).toEqual(
    await rowsOf(source, "(SELECT id, amount AS total, 'new' AS kind FROM orders)"),
  );
});
