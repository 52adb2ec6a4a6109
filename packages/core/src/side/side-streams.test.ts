import { expect, it } from 'vitest';
import type { Checkpoint } from '../contracts/checkpoint.ts';
import { GroupBoundary } from '../pipeline/group-boundary.ts';
import { StreamProgress } from '../stream/stream-progress.ts';
import { metAt, requested } from './backfill-progress.ts';
import type { SideConnectors } from './side-connectors.ts';
import { SideStreams } from './side-streams.ts';
import type { SideTask } from './side-task.ts';

const checkpoint: Checkpoint = {
  version: 1,
  streamId: 's',
  sink: 'target',
  epoch: 1,
  source: { kind: 'x', id: 'x' },
  claimed: false,
  position: '5',
  partial: null,
  tables: { t: metAt('5', true) },
  savedAt: 0,
};

it('replaces what is there when another table has come by the name while the side stream got its own', async () => {
  const compare = (a: string, b: string) => Math.sign(Number(a) - Number(b)) as -1 | 0 | 1;
  const progress = new StreamProgress(
    checkpoint,
    { save: async () => {}, afterWrite: async () => {} },
    {
      name: 'source',
      compare,
    },
  );
  const ending = new AbortController();
  const tasks: SideTask[] = [];
  const connectors = {
    streamId: 's',
    source: { compare, side: () => ({}) },
    sink: {
      side: () => ({
        readCheckpoint: async () => {
          // Meanwhile the stream has followed a table that took the name of one whose rows are there.
          progress.committed({ t: requested(metAt('6', true), null, 'automatic') });
          return null;
        },
      }),
    },
    // The rest is not asked for before the side stream is open.
  } as unknown as SideConnectors;
  const streams = new SideStreams({
    connectors,
    progress,
    boundary: new GroupBoundary(),
    isQuery: () => false,
    session: (task) => {
      tasks.push(task);
      return {
        open: async () => ending.abort(),
        run: async () => null,
        drain() {},
        close: async () => {},
      };
    },
    report() {},
    handOver: async () => {},
    onBackfill() {},
    onTables() {},
    onFailure() {},
  });
  await streams.run(ending.signal, new AbortController().signal);
  expect(tasks).toMatchObject([{ side: '1', table: 't', replaces: true }]);
});
