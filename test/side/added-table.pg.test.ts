import { expect, test } from 'vitest';
import { postgresVersions, sharedPostgres, startProxy, until } from '../harness/index.ts';
import { startLoad } from '../snapshot/shop.ts';
import { shopStream } from '../snapshot/shop-stream.ts';
import { live, shopWorld } from '../snapshot/shop-world.ts';

const slots = 'SELECT slot_name FROM pg_replication_slots WHERE database = current_database()';

test.each(postgresVersions())(
  'tables added under load are copied beside the stream, and followed from then on (PostgreSQL %i)',
  { timeout: 120_000 },
  async (version) => {
    const server = sharedPostgres(version);
    await using world = await shopWorld({ source: server, target: server });
    const options = { source: world.source.url, target: world.target.url, slot: world.slot };
    await using stream = shopStream({ ...options, tables: ['public.orders'] });
    await stream.start();
    await live(stream);
    await using load = startLoad(world.source.url);
    const written = stream.stats().sink.changes;
    const states: string[] = [];
    const handovers: string[] = [];
    stream.on('backfill', ({ table, state }) => states.push(`${table} ${state}`));
    stream.on('handover', ({ table }) => handovers.push(table));
    await stream.update({ tables: ['public.orders', 'public.items', 'public.events'] });
    expect(stream.state).toMatchObject({ snapshot: { copying: [], aside: ['public.events', 'public.items'] } });
    await live(stream);
    // The other table went on meanwhile, and nobody waited long.
    const { sink, latency } = stream.stats();
    expect(sink.changes - written).toBeGreaterThan(100);
    expect(latency.total?.p95).toBeLessThan(1_000);
    expect(handovers.sort()).toEqual(['public.events', 'public.items']);
    expect(states.sort()).toEqual([
      'public.events active',
      'public.events completed',
      'public.items active',
      'public.items completed',
    ]);
    await load.stop();
    expect(await world.settle()).toEqual([]);
    expect(stream.errors).toEqual([]);
    expect(await world.source.query(slots)).toEqual([{ slot_name: world.slot }]);
    expect(await world.target.query('SELECT sink FROM millrace.checkpoint')).toEqual([{ sink: 'postgres' }]);
  },
);

test('a side stream whose connections break is tried again, and the stream does not notice', {
  timeout: 120_000,
}, async () => {
  await using world = await shopWorld();
  await using proxy = await startProxy({ target: world.target.server });
  const options = { source: world.source.url, target: proxy.url(world.target.name), slot: world.slot };
  await using stream = shopStream({ ...options, tables: ['public.orders'] });
  await stream.start();
  await live(stream);
  await using load = startLoad(world.source.url);
  const warnings: unknown[] = [];
  stream.on('warning', ({ details }) => warnings.push(details.table));
  const copying = proxy.at('before-commit', 'cut', { matching: /copy_range.*COMMIT/s, nth: 2 });
  const following = proxy.at('before-commit', 'cut', { matching: /"catching-up"(?!.*"backfill").*COMMIT/s });
  await stream.update({ tables: ['public.orders', 'public.items'] });
  await copying.reached();
  await following.reached();
  const isDone = () => stream.backfills.some(({ table, state }) => table === 'public.items' && state === 'completed');
  await until(isDone, { describe: 'the copy to be complete', timeout: 60_000 });
  await live(stream);
  await load.stop();
  expect(await world.settle(60_000, ['orders', 'items'])).toEqual([]);
  expect(warnings.length).toBeGreaterThanOrEqual(2);
  expect(new Set(warnings)).toEqual(new Set(['public.items']));
  expect(stream.errors).toEqual([]);
});
