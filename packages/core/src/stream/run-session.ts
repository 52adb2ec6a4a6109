import type { LogChanges } from '../contracts/source.ts';
import type { FinishReason } from '../machine/stream-machine.ts';
import { GroupBoundary } from '../pipeline/group-boundary.ts';
import { LeftOutChanges } from '../pipeline/left-out-changes.ts';
import { type MoveOptions, moveChanges } from '../pipeline/move-changes.ts';
import { runTogether } from '../pipeline/run-together.ts';
import { capturedOperations, selectedTables } from '../pipeline/table-selection.ts';
import { goneTable } from '../schema/gone-table.ts';
import { behaviorOf } from '../schema/schema-policy.ts';
import { SchemaTracker } from '../schema/schema-tracker.ts';
import { type StorageFinding, StorageWatch } from '../schema/storage-watch.ts';
import { StreamEvolution } from '../schema/stream-evolution.ts';
import type { SessionSides } from '../side/session-sides.ts';
import type { SideStreams } from '../side/side-streams.ts';
import { GivenUp } from '../sinks/given-up.ts';
import type { StreamSnapshot } from '../snapshot/stream-snapshot.ts';
import { RunLimits } from './run-limits.ts';
import type { SessionOptions } from './session.ts';
import { columnsAdded, streamPipeline } from './stream-connectors.ts';
import type { StreamProgress } from './stream-progress.ts';

/** What a session has while it is open. */
export interface OpenedSession {
  readonly progress: StreamProgress;
  readonly snapshot: StreamSnapshot;
  readonly changes: LogChanges;
}

export interface SessionRun extends Omit<SessionOptions, 'snapshot'>, OpenedSession {
  /** Ends reading; what is complete by then is written. */
  readonly reading: AbortController;
  readonly sides: SessionSides;
  readonly observeHead: () => void;
  readonly drain: () => void;
}

/** How often the source is asked for its newest position while running, ms. */
const headInterval = 5_000;

/** How often the source is asked how its tables are stored, ms. */
const storageInterval = 10_000;

/**
 * Copies what is not copied yet, then moves changes, with side streams beside them. Resolves with why it ended by itself,
 * or with `null` when it was drained.
 */
export const runSession = async (run: SessionRun, signal: AbortSignal): Promise<FinishReason | null> => {
  const { settings, statistics, progress, snapshot, changes, reading, sides, task } = run;
  const limits = new RunLimits({
    limits: settings.limits,
    statistics,
    isEnding: () => reading.signal.aborted,
    drain: run.drain,
  });
  const heads = setInterval(run.observeHead, headInterval);
  const broken = new AbortController();
  const either = AbortSignal.any([signal, limits.overtime, broken.signal]);
  const boundary = new GroupBoundary();
  let streams: SideStreams | null = null;
  let storage: (() => void) | null = null;
  let isMoving = false;
  const handOver = async () => {
    await snapshot.handOver(either);
    task?.onCheckpoint(progress.checkpoint);
    if (snapshot.isComplete && settings.snapshot === 'only') {
      const ends = AbortSignal.any([either, reading.signal]);
      await run.sink.settle?.(ends).catch(() => either.throwIfAborted());
      limits.finish('snapshot-complete');
    }
    streams?.wake();
  };
  const evolution = new StreamEvolution({
    ...run,
    added: columnsAdded(settings),
    rewritten: task !== undefined ? 'start-over' : sides.exist ? 'backfill' : 'warn',
  });
  const move = moveOptions(run, limits, boundary, evolution, async () => {
    for (const table of evolution.durable()) streams?.startOver(table);
    await handOver();
  });
  try {
    // Nothing is pulled meanwhile, and the server may give the log up that nobody reads.
    const ends = [either, reading.signal, changes.failed].filter((end) => end !== undefined);
    const copying = AbortSignal.any(ends);
    await snapshot.copy(() => limits.check(), await task?.settle(progress.position, copying), copying);
    await handOver();
    isMoving = true;
    const fail = (error: unknown) => broken.abort(error);
    streams = task === undefined ? sides.begin(run, boundary, handOver, fail) : null;
    storage = streams === null ? null : watchStorage(run, streams);
    return await moveBesideSides(move, streams, limits, either);
  } catch (error) {
    if (broken.signal.aborted) throw broken.signal.reason;
    const isDrained = !isMoving && reading.signal.aborted && !signal.aborted;
    if (isDrained || error instanceof GivenUp) return limits.reason;
    if (!isMoving) changes.failed?.throwIfAborted();
    throw error;
  } finally {
    sides.end();
    clearInterval(heads);
    storage?.();
    limits.close();
  }
};

/** Has tables copied anew whose rows have got other values without a word in the log. Returns how to end it. */
const watchStorage = ({ settings, progress, report }: SessionRun, streams: SideStreams): (() => void) => {
  const onFinding = async (finding: StorageFinding) => {
    const { table } = finding;
    if (!finding.isRewritten) return streams.found(finding);
    if (behaviorOf(settings.schemaChanges, 'alter-column-type') === 'ignore') return;
    await streams.found(finding);
    report({
      type: 'schema',
      code: 'ROWS_REWRITTEN',
      message: `${table}: rows may have got other values with no change in the log: it is copied anew`,
      details: { table },
    });
  };
  const selected = selectedTables(settings.tables, settings.source.defaultSchema);
  const onGone = (table: string) => {
    // One that is made from a query never was there.
    if (capturedOperations(selected, table) !== null) report(goneTable(table));
  };
  const watch = new StorageWatch(settings.source, progress, onFinding, onGone);
  void watch.look();
  const timer = setInterval(() => void watch.look(), storageInterval);
  return () => clearInterval(timer);
};

const moveBesideSides = async (
  move: MoveOptions,
  streams: SideStreams | null,
  limits: RunLimits,
  signal: AbortSignal,
): Promise<FinishReason | null> => {
  let end = 'ended' as 'limit' | 'ended';
  const moving = async (both: AbortSignal) => {
    end = await moveChanges(move, both);
  };
  const beside = async (both: AbortSignal) => streams?.run(move.reading.signal, both);
  await runTogether([moving, beside], signal);
  return end === 'limit' ? 'event-limit' : limits.reason;
};

const moveOptions = (
  { settings, sink, statistics, progress, snapshot, changes, reading, sides, task, onCheckpoint }: SessionRun,
  limits: RunLimits,
  boundary: GroupBoundary,
  evolution: StreamEvolution,
  afterWrite: () => Promise<void>,
): MoveOptions => {
  const { source } = settings;
  const selected = selectedTables(settings.tables, source.defaultSchema);
  const isCaptured = (table: string) =>
    task === undefined ? capturedOperations(selected, table) !== null : table === task.table;
  const leftOut = new LeftOutChanges((a, b) => source.compare(a, b));
  return {
    settings,
    sink,
    reading,
    changes,
    boundary,
    schema: new SchemaTracker(progress.checkpoint.tables, isCaptured),
    evolve: (changed) => evolution.evolve(changed),
    pipeline: streamPipeline(settings, sink, task?.table),
    onHub: (hub) => statistics.watch(hub),
    onRead: (batch) => statistics.read(batch),
    onSafe: (position) => source.acknowledge?.(position),
    onWritten: (group, read) => statistics.wrote(group, read),
    leaveOut: (group) => {
      if (task === undefined) sides.meet(group, progress, snapshot);
      return leftOut.leaveOut(group, progress.checkpoint.tables, progress.position);
    },
    awaitsPositions: () => task !== undefined || snapshot.unfinished !== undefined || sides.areWanted,
    remaining: () => limits.remaining(),
    catchingUp: () => snapshot.catchingUp,
    checkpoint: (position) => progress.next(position),
    onDurable: async (group, checkpoint) => {
      await progress.wrote(checkpoint);
      onCheckpoint(progress.checkpoint, group.changes.length);
      await afterWrite();
    },
  };
};
