import { expect, test } from 'vitest';
import { postgresVersions, sharedPostgres, type TestDatabase, until } from '../harness/index.ts';
import { copiedMoreThan, startCopy } from './copy-program.ts';
import { type ShopStreamOptions, shopStream } from './shop-stream.ts';
import { live, type ShopWorld, shopWorld } from './shop-world.ts';

const rows = 10_200;

const policies = [{ schemaPolicy: 'drop-and-recreate' }, { existingRows: 'truncate-and-load' }] as const;

const optionsOf = ({ source, target, slot }: ShopWorld, more: Partial<ShopStreamOptions>): ShopStreamOptions => ({
  source: source.url,
  target: target.url,
  slot,
  ...more,
});

/** A target with tables of the shop that hold other rows, two of which refer to each other. */
const occupied = async (server = sharedPostgres()) => {
  const world = await shopWorld({ source: server, target: server });
  await world.target.query(`
    CREATE TABLE items (id int PRIMARY KEY, label text, n int, filler text, big text);
    CREATE TABLE orders (id bigint PRIMARY KEY, item int REFERENCES items, total numeric(12, 2), at timestamptz);
    CREATE TABLE events (id int PRIMARY KEY, what text);
    INSERT INTO items SELECT g, 'old ' || g FROM generate_series(1, 900000, 1000) g; INSERT INTO orders VALUES (-1, 1);
    INSERT INTO events VALUES (-1, 'old')`);
  return world;
};

/** Makes a mark on the target's tables that is gone when they are dropped, or, of rows, emptied. */
const mark = (target: TestDatabase) =>
  target.query("COMMENT ON TABLE items IS 'marked'; COMMENT ON TABLE events IS 'marked'");

const isMarked = async (target: TestDatabase) => {
  const marks = `SELECT FROM unnest(ARRAY['items', 'events']) t WHERE obj_description(t::regclass) = 'marked'`;
  return (await target.query(marks)).length === 2;
};

test.each(policies.flatMap((sinkOptions) => postgresVersions().map((version) => ({ sinkOptions, version }))))(
  'killed in the copy, it goes on: nothing is dropped or emptied again ($sinkOptions, PostgreSQL $version)',
  { timeout: 90_000 },
  async ({ sinkOptions, version }) => {
    await using world = await occupied(sharedPostgres(version));
    const options = optionsOf(world, { sinkOptions, maxBytesPerSecond: 1_500_000 });
    let copied = 0;
    for (let round = 0; round < 2; round++) {
      const copying = await startCopy(options);
      await copiedMoreThan(world, copied + 800);
      if (round === 0) await mark(world.target);
      copying.kill('SIGKILL');
      await copying.exited;
      copied = await world.copied();
    }
    await using last = await startCopy({ ...options, maxBytesPerSecond: 0 });
    expect(await world.settle()).toEqual([]);
    last.send('stop');
    expect(await last.message('stopped')).toBe(rows - copied);
    expect(await isMarked(world.target)).toBe(true);
  },
);

test.each(policies)(
  'killed before the copy, and after the tables were ready: %o',
  { timeout: 60_000 },
  async (sinkOptions) => {
    await using world = await occupied();
    const { source, target } = world;
    // A slot is made only when the transactions that run have ended.
    const open = await source.connect();
    await open.query('BEGIN; SELECT pg_current_xact_id()');
    const options = optionsOf(world, { sinkOptions });
    const first = await startCopy(options);
    const isPrepared = 'SELECT FROM millrace.checkpoint WHERE cardinality(prepared) = 3 AND claimed';
    await until(async () => (await target.query(isPrepared).catch(() => [])).length > 0, {
      describe: 'the tables to be ready',
    });
    await mark(target);
    first.kill('SIGKILL');
    await first.exited;
    await open.query('COMMIT');
    await using second = shopStream(options);
    await second.start();
    await live(second);
    expect(await world.settle()).toEqual([]);
    expect(await isMarked(target)).toBe(true);
  },
);

test('a stream that reconnects in the copy goes on, too', { timeout: 60_000 }, async () => {
  await using world = await occupied();
  const sinkOptions = { schemaPolicy: 'drop-and-recreate', existingRows: 'truncate-and-load' } as const;
  await using stream = shopStream(optionsOf(world, { sinkOptions, maxBytesPerSecond: 1_500_000 }));
  const retries: string[] = [];
  stream.on('retry', ({ error }) => retries.push(error.code));
  await stream.start();
  await copiedMoreThan(world, 800);
  await mark(world.target);
  await world.target.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'millrace %'`);
  await until(() => retries.length > 0, { describe: 'the loss to be noticed' });
  await stream.update({ copy: { maxBytesPerSecond: 0 } });
  await live(stream);
  expect(await world.settle()).toEqual([]);
  expect(await isMarked(world.target)).toBe(true);
});

test('where every start copies anew, every start drops; a resume does not', { timeout: 60_000 }, async () => {
  await using world = await occupied();
  const { source, target } = world;
  await using stream = shopStream(
    optionsOf(world, { snapshot: 'always', sinkOptions: { schemaPolicy: 'drop-and-recreate' } }),
  );
  for (let round = 0; round < 2; round++) {
    await stream.start();
    await live(stream);
    await mark(target);
    await stream.pause();
    await stream.resume();
    expect(await isMarked(target)).toBe(true);
    await stream.stop();
    // What is there need not fit any more.
    await target.query('ALTER TABLE items DROP COLUMN big; DROP TABLE orders');
    await source.query('UPDATE items SET n = n + 1 WHERE id < 10');
  }
  await stream.start();
  await live(stream);
  expect(await world.settle()).toEqual([]);
  expect(await isMarked(target)).toBe(false);
});

test('a start that copies anew needs the columns of today, which a table that is made anew has', {
  timeout: 60_000,
}, async () => {
  await using world = await shopWorld();
  const options = optionsOf(world, { snapshot: 'always' });
  await using stream = shopStream(options);
  await stream.start();
  await live(stream);
  await stream.stop();
  await world.source.query('ALTER TABLE events ADD COLUMN more int; UPDATE events SET more = id');
  await expect(stream.start()).rejects.toMatchObject({
    code: 'VALIDATION_FAILED',
    hint: 'ALTER TABLE "public"."events" ADD COLUMN "more" integer;',
  });
  await using anew = shopStream({ ...options, sinkOptions: { schemaPolicy: 'drop-and-recreate' } });
  await anew.start();
  await live(anew);
  expect(await world.settle()).toEqual([]);
});

test('a table that is added to the stream, or copied anew, is never dropped or emptied', {
  timeout: 60_000,
}, async () => {
  await using world = await occupied();
  const { target } = world;
  const sinkOptions = { schemaPolicy: 'drop-and-recreate', existingRows: 'truncate-and-load' } as const;
  await using stream = shopStream(optionsOf(world, { tables: ['public.items', 'public.orders'], sinkOptions }));
  const ends: unknown[] = [];
  stream.on('backfill', ({ table, state, error }) => {
    if (state === 'completed' || state === 'failed') ends.push([table, error?.code ?? null]);
  });
  await stream.start();
  await live(stream);
  await mark(target);
  await stream.update({ tables: ['public.items', 'public.orders', 'public.events'] });
  await until(() => ends.length > 0, { describe: 'the added table to be refused' });
  expect(ends).toEqual([['public.events', 'TARGET_NOT_EMPTY']]);
  expect(await target.query('SELECT id FROM events')).toEqual([{ id: -1 }]);
  await stream.backfill('public.items');
  await until(() => ends.length > 1, { describe: 'the backfill to be complete', timeout: 30_000 });
  expect(ends[1]).toEqual(['public.items', null]);
  expect(await isMarked(target)).toBe(true);
});

test('the plan of a start says what it will drop and make, in order, and runs nothing', async () => {
  await using world = await occupied();
  const options = optionsOf(world, {
    tables: ['public.items', 'public.orders'],
    sinkOptions: { schemaPolicy: 'drop-and-recreate' },
  });
  await using stream = shopStream(options);
  const kinds = async () => (await stream.planSchema()).statements.map(({ kind, table }) => `${kind} ${table}`);
  const tables = ['create-table public.items', 'create-table public.orders'];
  expect(await kinds()).toEqual([
    'create-schema millrace.checkpoint',
    'create-table millrace.checkpoint',
    'create-table millrace.copy_range',
    'drop-table public.items, public.orders',
    ...tables,
  ]);
  expect(await world.target.query("SELECT FROM pg_namespace WHERE nspname = 'millrace'")).toEqual([]);
  expect(await world.target.query('SELECT id FROM orders')).toEqual([{ id: '-1' }]);
  await expect(stream.planSchema({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  await stream.start();
  await live(stream);
  expect(await kinds()).toEqual([]);
  await using always = shopStream({ ...options, snapshot: 'always' });
  const again = (await always.planSchema()).statements.map(({ kind }) => kind);
  expect(again).toEqual(['drop-table', 'create-table', 'create-table']);
});
