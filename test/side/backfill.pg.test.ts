import { expect, test } from 'vitest';
import { postgresVersions, sharedPostgres, type TestDatabase, until } from '../harness/index.ts';
import { startLoad } from '../snapshot/shop.ts';
import { shopStream } from '../snapshot/shop-stream.ts';
import { live, shopWorld } from '../snapshot/shop-world.ts';

/** Values that differ, rows that are missing, and rows that the source does not have. */
const damage = (target: TestDatabase) =>
  target.query(`UPDATE items SET filler = 'damaged', n = -1 WHERE id % 10 = 0; DELETE FROM items WHERE id % 10 = 1;
    UPDATE items SET big = 'damaged' WHERE id % 20 = 4; INSERT INTO items SELECT g, 'phantom ' || g, 0
    FROM generate_series(20000001, 20000500) g`);

const count = async (target: TestDatabase) =>
  Number((await target.query<{ count: string }>('SELECT count(*) FROM items'))[0]?.count);

test.each(postgresVersions())(
  'a live table is copied anew under load: what was wrong at the target is mended (PostgreSQL %i)',
  { timeout: 120_000 },
  async (version) => {
    const server = sharedPostgres(version);
    await using world = await shopWorld({ source: server, target: server });
    const options = { source: world.source.url, target: world.target.url, slot: world.slot };
    await using stream = shopStream({ ...options, missingRow: 'skip', maxBytesPerSecond: 6_000_000 });
    await stream.start();
    await live(stream);
    // Beside the load the two could lock each other out.
    await damage(world.target);
    await using load = startLoad(world.source.url);
    const before = await count(world.target);
    const backfill = await stream.backfill('public.items');
    expect(backfill).toMatchObject({ table: 'public.items', state: 'pending', trigger: 'manual', where: null });
    await expect(stream.backfill('public.items')).rejects.toMatchObject({ code: 'NOT_POSSIBLE' });
    const changes = stream.stats().sink.changes;
    const isDone = async () => {
      // Whoever reads the table meanwhile finds its rows.
      expect(await count(world.target)).toBeGreaterThan(before * 0.8);
      return stream.backfills.some(({ table, state }) => table === 'public.items' && state === 'completed');
    };
    await until(isDone, { describe: 'the backfill to be complete', timeout: 60_000 });
    await live(stream);
    expect(stream.stats().sink.changes).toBeGreaterThan(changes);
    await load.stop();
    expect(await world.settle()).toEqual([]);
    expect(stream.errors).toEqual([]);
    expect(stream.backfills.find(({ table }) => table === 'public.items')).toMatchObject({ error: null });
  },
);

const followed = async (world: Awaited<ReturnType<typeof shopWorld>>, more: object = {}) => {
  const options = { source: world.source.url, target: world.target.url, slot: world.slot, missingRow: 'skip' } as const;
  const stream = shopStream({ ...options, ...more });
  await stream.start();
  await live(stream);
  return stream;
};

const stateOf = (stream: Awaited<ReturnType<typeof followed>>, table = 'public.items') =>
  stream.backfills.find((backfill) => backfill.table === table)?.state;

test('with a condition only rows for which it holds at either side are replaced', { timeout: 120_000 }, async () => {
  await using world = await shopWorld();
  const { source, target } = world;
  await using stream = await followed(world);
  // A value that nobody writes to.
  const where = `filler = 'wanted'`;
  await source.query(`UPDATE items SET filler = 'wanted' WHERE id <= 400`);
  const arrived = async () => (await target.query(`SELECT FROM items WHERE filler = 'wanted'`)).length === 400;
  await until(arrived, { describe: 'the changes' });
  await target.query(`
    UPDATE items SET n = -1 WHERE id IN (1, 1001);
    UPDATE items SET filler = 'damaged' WHERE id = 2;
    DELETE FROM items WHERE id IN (3, 1003);
    UPDATE items SET filler = 'wanted' WHERE id = 1004;
    INSERT INTO items VALUES (20000001, 'p1', 0, 'wanted'), (20000002, 'p2', 0, 'other')`);
  await using load = startLoad(source.url);
  await stream.backfill('public.items', { where });
  await until(() => stateOf(stream) === 'completed', { describe: 'the backfill', timeout: 60_000 });
  await live(stream);
  await load.stop();
  const rowsOf = (database: TestDatabase, ids: string) =>
    database.query(`SELECT id, filler, label FROM items WHERE id IN (${ids}) ORDER BY id`);
  await world.settle();
  expect(stream.backfills.find(({ table }) => table === 'public.items')?.where).toBe(where);
  // Mended, gone, or as the source has them by now.
  const matching = '1, 2, 3, 4, 1004, 20000001';
  expect(await rowsOf(target, matching)).toEqual(await rowsOf(source, matching));
  const wanted = `SELECT id, n, label, md5(big) FROM items WHERE ${where} ORDER BY id`;
  expect(await target.query(wanted)).toEqual(await source.query(wanted));
  // Left as they are.
  expect(await rowsOf(target, '20000002')).toHaveLength(1);
});

test('a copy that is stopped leaves a live table live, and one that was not, aside', { timeout: 120_000 }, async () => {
  await using world = await shopWorld();
  await using stream = await followed(world, { tables: ['public.orders', 'public.items'] });
  await using load = startLoad(world.source.url);
  await stream.update({ copy: { maxBytesPerSecond: 400_000 } });
  await stream.backfill('public.items');
  await until(() => stream.state.status === 'running' && stream.state.snapshot?.aside.length === 1, {
    describe: 'the table to be aside',
  });
  expect(await stream.stopBackfill('public.items')).toMatchObject({ state: 'stopped', error: null });
  await live(stream);
  expect(stateOf(stream)).toBe('stopped');
  await stream.update({ tables: ['public.orders', 'public.items', 'public.events'] });
  await stream.stopBackfill('public.events');
  await until(() => stateOf(stream, 'public.events') === 'stopped', { describe: 'the copy to be stopped' });
  await stream.stop();
  await stream.start();
  expect(stream.state).toMatchObject({ snapshot: { aside: ['public.events'] } });
  await stream.update({ copy: { maxBytesPerSecond: 0 } });
  await stream.backfill('public.events');
  await live(stream);
  await load.stop();
  expect(await world.settle()).toEqual([]);
  const isClean = async () =>
    (await world.source.query('SELECT FROM pg_replication_slots WHERE database = current_database()')).length === 1;
  await until(isClean, { describe: 'the slots of side streams to be gone' });
});

test('a copy survives a restart, and delete() removes what it has made', { timeout: 120_000 }, async () => {
  await using world = await shopWorld();
  const { source, target } = world;
  const stream = await followed(world);
  await using load = startLoad(source.url);
  await damage(target);
  await stream.update({ copy: { maxBytesPerSecond: 400_000 } });
  await stream.backfill('public.items');
  const copied = async () =>
    Number((await target.query<{ rows: string }>('SELECT sum(rows) AS rows FROM millrace.copy_range'))[0]?.rows ?? 0);
  await until(async () => (await copied()) > 100, { describe: 'some rows' });
  const begun = performance.now();
  await stream.pause();
  expect(performance.now() - begun).toBeLessThan(3_000);
  const before = await copied();
  await stream.update({ copy: { maxBytesPerSecond: 0 } });
  await stream.resume();
  expect(await copied()).toBeGreaterThanOrEqual(before);
  await live(stream);
  await load.stop();
  expect(await world.settle()).toEqual([]);
  await stream.update({ copy: { maxBytesPerSecond: 100_000 } });
  await stream.backfill('public.items');
  await until(() => stateOf(stream) === 'active', { describe: 'the backfill to begin' });
  await stream.delete();
  expect(await source.query('SELECT FROM pg_replication_slots WHERE database = current_database()')).toEqual([]);
  expect(await target.query('SELECT FROM millrace.checkpoint')).toEqual([]);
  expect(await target.query('SELECT FROM millrace.copy_range')).toEqual([]);
});

test('a copy that fails leaves a live table live', { timeout: 60_000 }, async () => {
  await using world = await shopWorld();
  await using stream = await followed(world);
  await using load = startLoad(world.source.url);
  await stream.backfill('public.items', { where: 'no_such_column > 0' });
  await until(() => stateOf(stream) === 'failed', { describe: 'the backfill to fail' });
  await live(stream);
  expect(stream.backfills.find(({ table }) => table === 'public.items')?.error?.message).toContain('no_such_column');
  await load.stop();
  expect(await world.settle()).toEqual([]);
  expect(stream.errors).toEqual([]);
});
