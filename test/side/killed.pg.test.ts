import { expect, test } from 'vitest';
import { type Step, startProxy, until } from '../harness/index.ts';
import { startCopy } from '../snapshot/copy-program.ts';
import { startLoad } from '../snapshot/shop.ts';
import { shopStream } from '../snapshot/shop-stream.ts';
import { live, shopWorld } from '../snapshot/shop-world.ts';

const slots = 'SELECT slot_name FROM pg_replication_slots WHERE database = current_database()';

/** Where a process is killed that copies an added table beside its stream. */
const moments: readonly (readonly [string, 'source' | 'target', Step, RegExp, number])[] = [
  ['before its slot is made', 'source', 'between-statements', /CREATE_REPLICATION_SLOT/, 1],
  ['when its slot was just made', 'source', 'commit-sent', /CREATE_REPLICATION_SLOT/, 1],
  ['before its position is saved', 'target', 'before-commit', /"state":"pending","from".*COMMIT/s, 1],
  ['in the middle of its copy', 'target', 'before-commit', /copy_range.*COMMIT/s, 3],
  ['in the middle of its copy, and the server has committed', 'target', 'commit-sent', /copy_range.*COMMIT/s, 3],
  ['before it is merged', 'target', 'between-statements', /DELETE FROM .*checkpoint.*position/s, 1],
  ['before the merge is committed', 'target', 'before-commit', /"completed".*COMMIT/s, 1],
  ['when the merge was just committed', 'target', 'commit-sent', /"completed".*COMMIT/s, 1],
  ['before its slot is dropped', 'source', 'between-statements', /pg_drop_replication_slot/, 1],
  ['when its slot was just dropped', 'source', 'commit-sent', /pg_drop_replication_slot/, 1],
];

test.each(moments)(
  'killed %s, under load: every row is there',
  {
    timeout: 120_000,
  },
  async (_, side, step, matching, nth) => {
    await using world = await shopWorld();
    await using sourceProxy = await startProxy({ target: world.source.server });
    await using targetProxy = await startProxy({ target: world.target.server });
    const direct = { source: world.source.url, target: world.target.url, slot: world.slot };
    const first = shopStream({ ...direct, tables: ['public.orders'] });
    await first.start();
    await live(first);
    await first.stop();
    await using load = startLoad(world.source.url);
    const options = {
      ...direct,
      source: sourceProxy.url(world.source.name),
      target: targetProxy.url(world.target.name),
      tables: ['public.orders', 'public.items'],
    };
    const held = (side === 'source' ? sourceProxy : targetProxy).at(step, 'freeze', { matching, nth });
    const killed = await startCopy(options);
    await held.reached();
    killed.kill('SIGKILL');
    await killed.exited;
    await using second = await startCopy({ ...options, source: direct.source, target: direct.target });
    await second.message('running');
    // What the dead process had sent reaches the server after its successor has begun.
    await held.release();
    const isLive = async () => {
      const found = await world.target.query<{ state: string }>(
        "SELECT tables #>> '{public.items,state}' AS state FROM millrace.checkpoint WHERE sink = 'postgres'",
      );
      return found[0]?.state === 'live';
    };
    await until(isLive, { describe: 'the added table to be live', timeout: 60_000 });
    await load.stop();
    expect(await world.settle(60_000, ['orders', 'items'])).toEqual([]);
    const oneSlot = async () => (await world.source.query(slots)).length === 1;
    await until(oneSlot, { describe: 'the slot of the side stream to be gone', timeout: 20_000 });
    expect(await world.target.query('SELECT sink FROM millrace.checkpoint')).toEqual([{ sink: 'postgres' }]);
    expect(await world.target.query('SELECT FROM millrace.copy_range')).toEqual([]);
  },
);
