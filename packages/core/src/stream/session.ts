import type { Checkpoint, SourceIdentity } from '../contracts/checkpoint.ts';
import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { Sink } from '../contracts/sink.ts';
import type { LogChanges } from '../contracts/source.ts';
import type { ValidationReport } from '../contracts/validation.ts';
import { coreError } from '../errors/core-errors.ts';
import type { FinishReason, OpenPurpose } from '../machine/stream-machine.ts';
import type { Position } from '../model/position.ts';
import { qualifiedName, type Relation } from '../model/relation.ts';
import type { Settings } from '../options/settings.ts';
import { ChangesBeforeCopy } from '../pipeline/changes-before-copy.ts';
import { type MoveOptions, moveChanges } from '../pipeline/move-changes.ts';
import { settledWithin } from '../pipeline/run-together.ts';
import { GivenUp } from '../sinks/given-up.ts';
import { copiesTables } from '../snapshot/copying-source.ts';
import { forgetCopies } from '../snapshot/forget-copies.ts';
import { reselecting } from '../snapshot/reselecting.ts';
import { type SnapshotEvents, StreamSnapshot } from '../snapshot/stream-snapshot.ts';
import { pendingTables } from '../snapshot/table-progress.ts';
import type { SessionStatistics } from '../statistics/session-statistics.ts';
import { type CheckpointKeeper, checkpointKeeper } from './checkpoint-keeper.ts';
import { forgetStream } from './forget-stream.ts';
import { HeadObserver } from './head-observer.ts';
import { RunLimits } from './run-limits.ts';
import { streamConnectors, streamPipeline } from './stream-connectors.ts';
import { StreamProgress } from './stream-progress.ts';
import { type Connectors, validateConnectors, validationError, warnings } from './validate-connectors.ts';

export interface SessionOptions {
  /** Read whenever it is used: `update()` changes it in place. */
  readonly settings: Settings;
  readonly sink: Sink;
  readonly statistics: SessionStatistics;
  readonly report: (event: ConnectorEvent) => void;
  /** The stream reads nothing more: what waits for the user should give up. */
  readonly onDrain: () => void;
  /** A group is durable. */
  readonly onCheckpoint: (checkpoint: Checkpoint, changes: number) => void;
  readonly snapshot: SnapshotEvents;
}

/** How often the source is asked for its newest position while running, ms. */
const headInterval = 5_000;

interface Opened {
  readonly progress: StreamProgress;
  readonly snapshot: StreamSnapshot;
  readonly changes: LogChanges;
}

/** What a stream does in each state of its machine: opens, runs, drains, closes. Holds no lifecycle of its own. */
export class Session {
  readonly #options: SessionOptions;
  readonly #keeper: CheckpointKeeper;
  readonly #head: HeadObserver;
  /** The epoch of this run's last open; `null` before the first. */
  #epoch: number | null = null;
  /** This run has been open before: what opens now is a reconnect. */
  #wasOpen = false;
  /** A start is to forget what was copied; one that was interrupted leaves that to the next open. */
  #startsOver = false;
  #opened: Opened | null = null;
  /** What the last checkpoint said; outlives `close`, for a `delete` that cannot read it. */
  #claimed = false;
  /** Ends reading: by draining, or because what is being done is aborted. */
  #reading = new AbortController();

  constructor(options: SessionOptions) {
    this.#options = options;
    const { settings, sink, statistics } = options;
    this.#keeper = checkpointKeeper(settings.id, sink, settings.checkpoints);
    this.#head = new HeadObserver(settings.source, statistics);
  }

  async validate(signal: AbortSignal): Promise<ValidationReport> {
    return (await this.#validated(signal)).report;
  }

  async open(purpose: OpenPurpose, signal: AbortSignal): Promise<void> {
    const { settings, sink, statistics } = this.#options;
    const { source } = settings;
    if (purpose !== 'reconnect') {
      this.#epoch = null;
      this.#wasOpen = false;
      statistics.begin();
    }
    if (purpose === 'start') this.#startsOver = settings.snapshot === 'always';
    // A start that was paused before it had validated is started by the resume.
    const described = purpose === 'start' || !this.#wasOpen ? await this.#requireValid(signal) : null;
    const { sourceContext, sinkContext } = this.#connectors(signal);
    const identity = await source.open(sourceContext);
    void this.#head.observe();
    const relations = described ?? (await source.describe(sourceContext));
    signal.throwIfAborted();
    const context = sinkContext(relations);
    const checkpoint = await this.#keeper.open(context, (epoch) => {
      // An open that was given up meanwhile must not speak for the next one.
      if (!signal.aborted) this.#epoch = epoch;
    });
    signal.throwIfAborted();
    requireSameSource(checkpoint.source, identity);
    const progress = new StreamProgress(checkpoint, this.#keeper, source);
    if (this.#startsOver) await forgetCopies({ sink, progress, relations: context.relations }, signal);
    this.#startsOver = false;
    const snapshotOf = (captured: readonly Relation[]) =>
      new StreamSnapshot({
        settings,
        sink,
        statistics,
        progress,
        relations: new Map(captured.map((relation) => [qualifiedName(relation), relation])),
        events: this.#options.snapshot,
      });
    let snapshot = snapshotOf(context.relations);
    await snapshot.prepare(copiesTables(settings), signal);
    if (progress.checkpoint.position === null) {
      // Beginning may have waited for long: a table that was made meanwhile lies before the position.
      const begun = await this.#begin(identity, progress, () => source.describe(sourceContext), signal);
      snapshot = snapshotOf(sinkContext(begun).relations);
      const known = new Set(relations.map(qualifiedName));
      if (!begun.map(qualifiedName).every((table) => known.has(table)))
        await snapshot.prepare(copiesTables(settings), signal);
    }
    snapshot.tell();
    const changes = await this.#changesFrom(progress.position, signal);
    this.#opened = { progress, snapshot, changes };
    this.#claimed = progress.checkpoint.claimed;
    this.#wasOpen = true;
  }

  /** Copies what is not copied yet, then moves changes, until a limit is reached, `drain` is called (`null`), or something fails. */
  async run(signal: AbortSignal): Promise<FinishReason | null> {
    const { settings, sink, statistics } = this.#options;
    const { source } = settings;
    if (this.#opened === null) throw coreError('CONNECTOR_INVALID', 'The stream is not open');
    const { progress, snapshot, changes } = this.#opened;
    const reading = this.#reading;
    const limits = new RunLimits({
      limits: settings.limits,
      statistics,
      isEnding: () => reading.signal.aborted,
      drain: () => this.drain(),
    });
    const heads = setInterval(() => void this.#head.observe(), headInterval);
    const either = AbortSignal.any([signal, limits.overtime]);
    const handOver = async () => {
      await snapshot.handOver(either);
      if (snapshot.isComplete && settings.snapshot === 'only') limits.finish('snapshot-complete');
    };
    const copies = new ChangesBeforeCopy((a, b) => source.compare(a, b));
    const move: MoveOptions = {
      settings,
      sink,
      reading,
      changes,
      pipeline: streamPipeline(settings, sink),
      after: progress.position,
      onHub: (hub) => statistics.watch(hub),
      onRead: (batch) => statistics.read(batch),
      onSafe: (position) => source.acknowledge(position),
      onWritten: (group) => statistics.wrote(group),
      leaveOut: (group) => copies.leaveOut(group, progress.checkpoint.tables, progress.position),
      remaining: () => limits.remaining(),
      catchingUp: () => snapshot.catchingUp,
      checkpoint: (position) => progress.next(position),
      onDurable: async (group, checkpoint) => {
        await progress.wrote(checkpoint);
        this.#options.onCheckpoint(progress.checkpoint, group.changes.length);
        await handOver();
      },
    };
    try {
      // Nothing is pulled meanwhile, and the server may give the log up that nobody reads.
      const ends = [either, reading.signal, changes.failed].filter((end) => end !== undefined);
      await snapshot.copy(() => limits.check(), AbortSignal.any(ends));
      await handOver();
      const end = await moveChanges(move, either);
      return end === 'limit' ? 'event-limit' : limits.reason;
    } catch (error) {
      const isDrained = snapshot.isCopying && reading.signal.aborted && !signal.aborted;
      if (isDrained || error instanceof GivenUp) return limits.reason;
      if (snapshot.isCopying) changes.failed?.throwIfAborted();
      throw error;
    } finally {
      clearInterval(heads);
      limits.close();
    }
  }

  /** Reads nothing more: what is complete in the hub is written, and `run` ends. */
  drain(): void {
    this.#reading.abort();
    this.#options.onDrain();
  }

  /** Releases every connection; never rejects, ends within 6 s. */
  async close(): Promise<void> {
    const { settings, sink } = this.#options;
    this.#reading = new AbortController();
    this.#opened = null;
    const close = async (connector: { close(): Promise<void> }) => connector.close();
    await settledWithin(6_000, Promise.allSettled([close(sink), close(settings.source)]));
  }

  async delete(force: boolean, signal: AbortSignal): Promise<void> {
    const { settings, report } = this.#options;
    const { id: streamId, source } = settings;
    await forgetStream({ streamId, source, keeper: this.#keeper, claimed: this.#claimed, force, report }, signal);
    this.#epoch = null;
    this.#claimed = false;
  }

  /** The first start: where the log is read from, and what has to be copied. Returns the tables that are there then. */
  async #begin(
    identity: SourceIdentity,
    progress: StreamProgress,
    describe: () => Promise<readonly Relation[]>,
    signal: AbortSignal,
  ): Promise<readonly Relation[]> {
    const { settings } = this.#options;
    const copies = copiesTables(settings);
    const position = await settings.source.begin({
      claimed: progress.checkpoint.claimed,
      copies,
      claim: () => progress.save({ source: identity, claimed: true }, signal),
      disclaim: () => progress.save({ claimed: false }, signal),
      signal,
    });
    const relations = await describe();
    const tables = copies ? pendingTables(relations.map(qualifiedName), position) : {};
    await progress.save({ source: identity, position, tables }, signal);
    return relations;
  }

  #validated(signal: AbortSignal) {
    return validateConnectors(this.#connectors(signal), this.#willCopy(signal));
  }

  async #willCopy(signal: AbortSignal): Promise<boolean> {
    const { settings } = this.#options;
    if (!copiesTables(settings) || settings.snapshot === 'always') return copiesTables(settings);
    // A sink that cannot be asked says so in its own report.
    const checkpoint = await this.#keeper.read(signal).catch(() => null);
    return checkpoint === null || checkpoint.position === null;
  }

  /** Returns the tables that are there. */
  async #requireValid(signal: AbortSignal): Promise<readonly Relation[]> {
    const { report, relations } = await this.#validated(signal);
    const error = validationError(report);
    if (error !== null) throw error;
    for (const { code, message, fix } of warnings(report))
      this.#options.report({ type: 'warning', code, message, details: { fix } });
    return relations;
  }

  /** Begins to read; from now on draining ends it. */
  async #changesFrom(position: Position, signal: AbortSignal): Promise<LogChanges> {
    const reading = this.#reading;
    const abort = () => reading.abort(signal.reason);
    signal.addEventListener('abort', abort);
    try {
      return await this.#options.settings.source.changes(position, reading.signal);
    } finally {
      signal.removeEventListener('abort', abort);
      signal.throwIfAborted();
    }
  }

  #connectors(signal: AbortSignal): Connectors {
    const { settings, sink, report } = this.#options;
    const reselect = reselecting(settings, sink, (table, through) => this.#opened?.progress.raise(table, through));
    return streamConnectors({ settings, sink, report, epoch: this.#epoch, reselect }, signal);
  }
}

const requireSameSource = (known: SourceIdentity | null, identity: SourceIdentity): void => {
  if (known === null || (known.kind === identity.kind && known.id === identity.id)) return;
  throw coreError(
    'SOURCE_CHANGED',
    `The checkpoint belongs to ${known.kind} ${known.id}, the source is ${identity.kind} ${identity.id}`,
    {
      hint: 'Point the stream at its own source, or delete() it to begin anew.',
      details: { checkpoint: known, source: identity },
    },
  );
};
