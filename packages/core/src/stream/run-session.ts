import type { LogChanges } from '../contracts/source.ts';
import type { FinishReason } from '../machine/stream-machine.ts';
import { GroupBoundary } from '../pipeline/group-boundary.ts';
import { LeftOutChanges } from '../pipeline/left-out-changes.ts';
import { leaveOutTruncates } from '../pipeline/left-out-truncates.ts';
import { type MoveOptions, moveChanges } from '../pipeline/move-changes.ts';
import { runTogether } from '../pipeline/run-together.ts';
import { capturedOperations, selectedTables } from '../pipeline/table-selection.ts';
import { gonePart, goneRefused, goneTable } from '../schema/gone-table.ts';
import { leftOutOfNew, refuseNew } from '../schema/new-tables.ts';
import { behaviorOf, truncateBehavior } from '../schema/schema-policy.ts';
import { SchemaTracker } from '../schema/schema-tracker.ts';
import { type StorageFinding, StorageWatch } from '../schema/storage-watch.ts';
import { StreamEvolution } from '../schema/stream-evolution.ts';
import { hasLost } from '../schema/table-parts.ts';
import type { SessionSides } from '../side/session-sides.ts';
import type { SideStreams } from '../side/side-streams.ts';
import { GivenUp } from '../sinks/given-up.ts';
import { copiesTables } from '../snapshot/copying-source.ts';
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
  const selected = selectedTables(settings.tables, settings.source.defaultSchema);
  const isCaptured = (table: string) =>
    task === undefined ? capturedOperations(selected, table) !== null : table === task.table;
  const leftOut = new LeftOutChanges((a, b) => settings.source.compare(a, b));
  const evolution = new StreamEvolution({
    ...run,
    added: columnsAdded(settings),
    isCaptured,
    isLeftOut: (change) => leftOut.leavesOut(change, progress.checkpoint.tables, progress.position),
    onMet: (relation) => snapshot.meet(relation),
    rewritten: task !== undefined ? 'start-over' : sides.exist ? 'backfill' : 'warn',
  });
  const move = moveOptions(run, { limits, boundary, evolution, leftOut, isCaptured }, async () => {
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
    storage = streams === null ? null : watchStorage(run, streams, isCaptured, fail);
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
const watchStorage = (
  { settings, progress, report }: SessionRun,
  streams: SideStreams,
  isCaptured: (table: string) => boolean,
  onFailure: (error: unknown) => void,
): (() => void) => {
  const isCertain = settings.source.capabilities.schemaChanges === 'certain';
  const onFinding = async (finding: StorageFinding) => {
    const { table, before, storage } = finding;
    const isRewritten = finding.isRewritten && behaviorOf(settings.schemaChanges, 'alter-column-type') !== 'ignore';
    if (!(await streams.found({ ...finding, isRewritten }))) return;
    // A copy has the rows that are left.
    if (!isRewritten && before !== undefined && hasLost(before, storage)) report(gonePart(table));
    if (!isRewritten) return;
    report({
      type: 'schema',
      code: 'ROWS_REWRITTEN',
      message: `${table}: rows may have come or got other values with no change in the log: it is copied anew`,
      details: { table },
    });
  };
  const onGone = (table: string) => {
    // One that is made from a query never was there.
    if (!isCaptured(table)) return;
    report(goneTable(table));
    const refused = goneRefused([table], settings);
    if (refused !== null) onFailure(refused);
  };
  const onBack = async (table: string) => {
    try {
      refuseNew([table], settings);
    } catch (error) {
      return onFailure(error);
    }
    if (isCaptured(table) && leftOutOfNew([table], settings).length === 0)
      await streams.returned(table, copiesTables(settings));
  };
  const { source } = settings;
  const watch = new StorageWatch({ source, progress, onFinding, onGone, onBack, mayBeTold: isCertain });
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

interface Moving {
  readonly limits: RunLimits;
  readonly boundary: GroupBoundary;
  readonly evolution: StreamEvolution;
  readonly leftOut: LeftOutChanges;
  readonly isCaptured: (table: string) => boolean;
}

const moveOptions = (
  { settings, sink, statistics, progress, snapshot, changes, reading, sides, task, onCheckpoint, report }: SessionRun,
  { limits, boundary, evolution, leftOut, isCaptured }: Moving,
  afterWrite: () => Promise<void>,
): MoveOptions => {
  const { source } = settings;
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
    leaveOut: (taken) => {
      const behavior = truncateBehavior(settings.schemaChanges);
      // The stream itself is stopped, not the side stream of a table that is aside.
      const isOthers = task !== undefined && behavior === 'exception';
      const group = isOthers ? taken : leaveOutTruncates(taken, behavior, report);
      const others = task === undefined ? sides.meet(group, progress, snapshot) : [];
      return leftOut.leaveOut(group, progress.checkpoint.tables, progress.position, others);
    },
    awaitsPositions: () => task !== undefined || snapshot.unfinished !== undefined || sides.areWanted,
    remaining: () => limits.remaining(),
    catchingUp: () => snapshot.catchingUp,
    checkpoint: (position, state) => progress.next(position, state),
    onDurable: async (group, checkpoint) => {
      await progress.wrote(checkpoint);
      onCheckpoint(progress.checkpoint, group.changes.length);
      await afterWrite();
    },
  };
};
