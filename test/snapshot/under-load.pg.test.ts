import { expect, test } from 'vitest';
import { postgresVersions, sharedPostgres, until } from '../harness/index.ts';
import { startLoad } from './shop.ts';
import { shopStream } from './shop-stream.ts';
import { live, shopWorld } from './shop-world.ts';

test.each(postgresVersions())(
  'a copy from PostgreSQL %i while the application is at work: the target equals its source',
  { timeout: 120_000 },
  async (version) => {
    const server = sharedPostgres(version);
    await using world = await shopWorld({ source: server, target: server });
    const options = { source: world.source.url, target: world.target.url, slot: world.slot };
    await using stream = shopStream({ ...options, maxBytesPerSecond: 3_000_000 });
    const handovers: string[] = [];
    stream.on('handover', ({ table }) => handovers.push(table));
    await using load = startLoad(world.source.url);
    await stream.start();
    expect(stream.state).toMatchObject({ status: 'running', snapshot: { catchingUp: [] } });
    await live(stream);
    expect(load.committed).toBeGreaterThan(50);
    const { rows, changes } = stream.stats().sink;
    // More than one table has; what the load deletes before it is read, is not copied.
    expect(rows).toBeGreaterThan(5_000);
    expect(changes).toBeGreaterThan(50);
    expect(handovers.sort()).toEqual(['public.events', 'public.items', 'public.orders']);
    // And it goes on.
    await until(() => stream.stats().sink.changes > changes, { describe: 'more changes' });
    await load.stop();
    expect(await world.settle()).toEqual([]);
    expect(stream.errors).toEqual([]);
  },
);
