import { expect, test } from 'vitest';
import { createDatabase, differences, postgresVersions, sharedPostgres, uniqueName, until } from '../harness/index.ts';
import { startCopy } from './copy-program.ts';
import { type ShopStreamOptions, shopStream } from './shop-stream.ts';
import { live, type ShopWorld, shopWorld } from './shop-world.ts';

const optionsOf = ({ source, target, slot }: ShopWorld): ShopStreamOptions => ({
  source: source.url,
  target: target.url,
  slot,
  snapshot: 'always',
});

/** The shop, copied once, and then changed on both sides while nothing streams. */
const copiedOnce = async (server = sharedPostgres()) => {
  const world = await shopWorld({ source: server, target: server });
  const stream = shopStream(optionsOf(world));
  await stream.start();
  await live(stream);
  await stream.stop();
  await world.source.query("DELETE FROM items WHERE id % 3 = 0; INSERT INTO events VALUES (1000000, 'meanwhile')");
  await world.target.query("UPDATE events SET what = 'wrong'; INSERT INTO events VALUES (-1, 'stray')");
  return world;
};

test.each(postgresVersions())(
  'every start copies anew, a resume does not, and rows that the source does not have are gone (PostgreSQL %i)',
  { timeout: 90_000 },
  async (version) => {
    await using world = await copiedOnce(sharedPostgres(version));
    await using stream = shopStream(optionsOf(world));
    await stream.start();
    await live(stream);
    expect(await world.settle()).toEqual([]);
    const { rows } = stream.stats().source;
    expect(rows).toBeGreaterThan(8_000);
    await stream.pause();
    await stream.resume();
    expect(stream.state).toMatchObject({ status: 'running', snapshot: null });
    expect(stream.stats().source.rows).toBe(rows);
    const slots = await world.source.query('SELECT FROM pg_replication_slots WHERE slot_name = $1', [world.slot]);
    expect(slots).toHaveLength(1);
  },
);

test('killed while rows are removed: what is left is no copy, and the next start begins anew', {
  timeout: 90_000,
}, async () => {
  await using world = await copiedOnce();
  const { target } = world;
  // The rows of the last table cannot be removed for now.
  const reader = await target.connect();
  await reader.query('BEGIN; LOCK TABLE orders IN SHARE MODE');
  const first = await startCopy(optionsOf(world));
  const waits = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
  await until(async () => (await target.query(waits)).length > 0, { describe: 'a removal that waits' });
  first.kill('SIGKILL');
  await first.exited;
  await reader.query('COMMIT');
  const states = "SELECT DISTINCT t AS value FROM millrace.checkpoint, jsonb_path_query(tables, '$.*.state') t";
  expect(await target.query(states)).toEqual([{ value: 'pending' }]);
  await using again = shopStream(optionsOf(world));
  await again.start();
  await live(again);
  expect(await world.settle()).toEqual([]);
});

test('killed between the removal and the new slot: the next start goes on as a first one', {
  timeout: 90_000,
}, async () => {
  await using world = await copiedOnce();
  const { source, target } = world;
  // A slot is made only when the transactions that run have ended.
  const open = await source.connect();
  await open.query('BEGIN; SELECT pg_current_xact_id()');
  const first = await startCopy(optionsOf(world));
  const forgotten = 'SELECT FROM millrace.checkpoint WHERE position IS NULL AND claimed';
  await until(async () => (await target.query(forgotten)).length > 0, { describe: 'the position to be forgotten' });
  first.kill('SIGKILL');
  await first.exited;
  expect(await target.query('SELECT FROM events')).toEqual([]);
  await open.query('COMMIT');
  await using again = shopStream({ ...optionsOf(world), snapshot: 'initial' });
  await again.start();
  await live(again);
  expect(await world.settle()).toEqual([]);
});

test('killed while rows are copied anew, again and again', { timeout: 120_000 }, async () => {
  await using world = await copiedOnce();
  for (let round = 0; round < 3; round++) {
    const copying = await startCopy({ ...optionsOf(world), maxBytesPerSecond: 1_500_000 });
    await copying.message('running');
    await until(async () => (await world.copied()) > 200, { describe: 'some copied rows', timeout: 30_000 });
    copying.kill('SIGKILL');
    await copying.exited;
  }
  await using last = shopStream(optionsOf(world));
  await last.start();
  await live(last);
  expect(await world.settle()).toEqual([]);
});

test('tables without a key are copied anew, too', async () => {
  await using source = await createDatabase(sharedPostgres());
  await using target = await createDatabase(sharedPostgres());
  await source.query(`CREATE TABLE bag (a int); ALTER TABLE bag REPLICA IDENTITY FULL;
    INSERT INTO bag SELECT g % 10 FROM generate_series(1, 100) g`);
  const slot = uniqueName('slot');
  await using stream = shopStream({ source: source.url, target: target.url, slot, snapshot: 'always' });
  for (let round = 0; round < 2; round++) {
    await stream.start();
    await live(stream);
    expect(await differences(source, target, ['bag'])).toEqual([]);
    await stream.stop();
    await source.query('DELETE FROM bag WHERE a = 3; INSERT INTO bag VALUES (1), (1)');
    await target.query('INSERT INTO bag VALUES (1), (99)');
  }
});
