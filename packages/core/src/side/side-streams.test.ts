import { expect, it } from 'vitest';
import type { Checkpoint } from '../contracts/checkpoint.ts';
import type { TableStorage } from '../model/table-storage.ts';
import { GroupBoundary } from '../pipeline/group-boundary.ts';
import { StreamProgress } from '../stream/stream-progress.ts';
import { metAt, requested } from './backfill-progress.ts';
import type { SideConnectors } from './side-connectors.ts';
import { SideStreams, type SideStreamsOptions } from './side-streams.ts';
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

const compare = (a: string, b: string) => Math.sign(Number(a) - Number(b)) as -1 | 0 | 1;

const progressOf = (tables: Checkpoint['tables']) =>
  new StreamProgress(
    { ...checkpoint, tables },
    { save: async () => {}, afterWrite: async () => {} },
    { name: 'source', compare },
  );

/** The rest of the connectors is not asked for before a side stream is open. */
const sideStreams = (progress: StreamProgress, connectors: object, session: SideStreamsOptions['session']) =>
  new SideStreams({
    connectors: connectors as SideConnectors,
    progress,
    boundary: new GroupBoundary(),
    isQuery: () => false,
    session,
    report() {},
    handOver: async () => {},
    onBackfill() {},
    onTables() {},
    onFailure() {},
  });

it('replaces what is there when another table has come by the name while the side stream got its own', async () => {
  const progress = progressOf(checkpoint.tables);
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
  };
  const streams = sideStreams(progress, connectors, (task) => {
    tasks.push(task);
    return { open: async () => ending.abort(), run: async () => null, drain() {}, close: async () => {} };
  });
  await streams.run(ending.signal, new AbortController().signal);
  expect(tasks).toMatchObject([{ side: '1', table: 't', replaces: true }]);
});

it('leaves a table alone of which the log has told more than was found', async () => {
  const storageOf = (heap: string): TableStorage => ({ heap, columns: {} });
  const [before, told, storage] = [storageOf('1'), storageOf('2'), storageOf('3')];
  const progress = progressOf({ t: { ...metAt('5', false), storage: told } });
  const streams = sideStreams(progress, {}, () => expect.unreachable());
  const finding = { table: 't', storage, isRewritten: true };
  expect(await streams.found({ ...finding, before })).toBe(false);
  expect(progress.checkpoint.tables.t).toEqual({ ...metAt('5', false), storage: told });
  expect(await streams.found({ ...finding, before: told })).toBe(true);
  expect(progress.checkpoint.tables.t).toMatchObject({ storage, backfill: { state: 'pending', replaces: true } });
});
