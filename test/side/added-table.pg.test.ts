import { expect, test } from 'vitest';
import { postgresVersions, sharedPostgres } from '../harness/index.ts';
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
    const states: string[] = [];
    const handovers: string[] = [];
    stream.on('backfill', ({ table, state }) => states.push(`${table} ${state}`));
    stream.on('handover', ({ table }) => handovers.push(table));
    await stream.update({ tables: ['public.orders', 'public.items', 'public.events'] });
    expect(stream.state).toMatchObject({ snapshot: { copying: [], aside: ['public.events', 'public.items'] } });
    await live(stream);
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
