import type { Checkpoint, SourceIdentity } from '../contracts/checkpoint.ts';
import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { SchemaPlan, Sink } from '../contracts/sink.ts';
import type { LogChanges } from '../contracts/source.ts';
import type { ValidationReport } from '../contracts/validation.ts';
import { coreError } from '../errors/core-errors.ts';
import type { FinishReason, OpenPurpose } from '../machine/stream-machine.ts';
import { qualifiedName, type Relation } from '../model/relation.ts';
import type { Settings } from '../options/settings.ts';
import { settledWithin } from '../pipeline/run-together.ts';
import { asOf, withShapes } from '../schema/known-shapes.ts';
import type { Backfill } from '../side/backfill.ts';
import { SessionSides } from '../side/session-sides.ts';
import type { SideTask } from '../side/side-task.ts';
import { copiedBefore } from '../snapshot/copied-queries.ts';
import { copiesTables } from '../snapshot/copying-source.ts';
import { forgetCopies } from '../snapshot/forget-copies.ts';
import { reselecting } from '../snapshot/reselecting.ts';
import { type SnapshotEvents, StreamSnapshot } from '../snapshot/stream-snapshot.ts';
import { pendingTables } from '../snapshot/table-progress.ts';
import type { SessionStatistics } from '../statistics/session-statistics.ts';
import { capturedTables } from './captured-tables.ts';
import { type CheckpointKeeper, checkpointKeeper } from './checkpoint-keeper.ts';
import { claims } from './claims.ts';
import { forgetStream } from './forget-stream.ts';
import { HeadObserver } from './head-observer.ts';
import { ownRelations } from './own-relations.ts';
import { requireSameSource } from './require-same-source.ts';
import { type OpenedSession, runSession } from './run-session.ts';
import { startOf } from './start-of.ts';
import { streamConnectors } from './stream-connectors.ts';
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
  /** A backfill has got another state. */
  readonly onBackfill?: (backfill: Backfill) => void;
  /** The session is that of a side stream. */
  readonly task?: SideTask;
}

/** What a stream does in each state of its machine: opens, runs, drains, closes. Holds no lifecycle of its own. */
export class Session {
  readonly #options: SessionOptions;
  readonly #keeper: CheckpointKeeper;
  readonly #head: HeadObserver;
  readonly #sides: SessionSides;
  /** The epoch of this run's last open; `null` before the first. */
  #epoch: number | null = null;
  /** This run has been open before: what opens now is a reconnect. */
  #wasOpen = false;
  /** A start is to forget what was copied; one that was interrupted leaves that to the next open. */
  #startsOver = false;
  #opened: OpenedSession | null = null;
  /** What the last checkpoint said; outlives `close`, for a `delete` that cannot read it. */
  #claimed = false;
  /** Ends reading: by draining, or because what is being done is aborted. */
  #reading = new AbortController();

  constructor(options: SessionOptions) {
    this.#options = options;
    const { settings, sink, statistics, report, snapshot, onBackfill = () => {} } = options;
    const session = (more: SessionOptions) => new Session(more);
    this.#sides = new SessionSides({ settings, sink, statistics, report, snapshot, onBackfill, session });
    this.#keeper = checkpointKeeper(settings.id, sink, settings.checkpoints);
    this.#head = new HeadObserver(settings.source, statistics);
  }

  get sides(): SessionSides {
    return this.#sides;
  }

  async validate(signal: AbortSignal): Promise<ValidationReport> {
    return (await this.#validated(signal)).report;
  }

  /** What `open` would run at the target. */
  async plan(signal: AbortSignal): Promise<SchemaPlan> {
    const { settings, sink } = this.#options;
    const { sinkContext, describe } = this.#connectors(signal, await copiedBefore(settings, this.#keeper, signal));
    const described = await describe();
    const checkpoint = await this.#keeper.read(signal).catch(() => null);
    signal.throwIfAborted();
    const { copies } = startOf(settings, checkpoint);
    const relations = this.#sides.followed(described, copies ? null : checkpoint);
    const known = copies ? {} : (checkpoint?.tables ?? {});
    return (await sink.plan?.({ ...sinkContext(asOf(known, relations)), copies })) ?? { statements: [] };
  }

  async open(purpose: OpenPurpose, signal: AbortSignal): Promise<void> {
    const { settings, sink, statistics, task } = this.#options;
    const { source } = settings;
    if (purpose !== 'reconnect') {
      this.#epoch = null;
      this.#wasOpen = false;
      statistics.begin();
    }
    if (purpose === 'start') this.#startsOver = settings.snapshot === 'always';
    // A start that was paused before it had validated is started by the resume.
    const described =
      task === undefined && (purpose === 'start' || !this.#wasOpen) ? await this.#requireValid(signal) : null;
    const copied = await copiedBefore(settings, this.#keeper, signal, this.#startsOver);
    const { sourceContext, sinkContext, describe } = this.#connectors(signal, copied);
    const identity = await source.open(sourceContext);
    void this.#head.observe();
    const relations = described ?? (await describe());
    signal.throwIfAborted();
    const context = sinkContext(relations);
    const checkpoint = await this.#keeper.open(context, (epoch) => {
      // An open that was given up meanwhile must not speak for the next one.
      if (!signal.aborted) this.#epoch = epoch;
    });
    signal.throwIfAborted();
    requireSameSource(checkpoint.source, identity);
    const progress = new StreamProgress(checkpoint, this.#keeper, source);
    if (this.#startsOver) {
      await this.#sides.release(progress.checkpoint.tables, signal);
      await forgetCopies({ sink, progress, relations: context.relations }, signal);
    }
    this.#startsOver = false;
    const snapshotOf = (captured: readonly Relation[], renamed?: ReadonlySet<string>) =>
      new StreamSnapshot({
        settings,
        sink,
        statistics,
        progress,
        relations: ownRelations(captured, task),
        renamed,
        events: this.#options.snapshot,
        target: task?.known ?? (task?.replaces === true ? 'filled' : 'empty'),
      });
    const { report } = this.#options.snapshot;
    const { position, source: told } = progress.checkpoint;
    // What has come, gone or got another name since then the log will tell.
    const there = position === null || told?.state === undefined ? relations : await describe(told.state);
    const captured =
      task === undefined
        ? await capturedTables({ settings, sides: this.#sides, progress, report }, sinkContext(there).relations)
        : { relations: context.relations, renamed: undefined };
    signal.throwIfAborted();
    let snapshot = snapshotOf(asOf(progress.checkpoint.tables, captured.relations), captured.renamed);
    await snapshot.prepare(copiesTables(settings), signal);
    if (progress.checkpoint.position === null) {
      // Beginning may have waited for long: a table that was made meanwhile lies before the position.
      const begun = await this.#begin(identity, progress, relations, describe, signal);
      snapshot = snapshotOf(sinkContext(begun).relations);
      const before = new Set(relations.map(qualifiedName));
      if (!begun.map(qualifiedName).every((table) => before.has(table)))
        await snapshot.prepare(copiesTables(settings), signal);
    }
    snapshot.tell();
    statistics.open(progress.position);
    const changes = await this.#changesFrom(progress, signal);
    this.#opened = { progress, snapshot, changes };
    this.#claimed = progress.checkpoint.claimed;
    this.#wasOpen = true;
  }

  /**
   * Copies what is not copied yet, then moves changes, until a limit is reached, `drain` is called (`null`), or
   * something fails.
   */
  async run(signal: AbortSignal): Promise<FinishReason | null> {
    if (this.#opened === null) throw coreError('CONNECTOR_INVALID', 'The stream is not open');
    return runSession(
      {
        ...this.#options,
        ...this.#opened,
        reading: this.#reading,
        sides: this.#sides,
        observeHead: () => void this.#head.observe(),
        drain: () => this.drain(),
      },
      signal,
    );
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
    await settledWithin(6_000, Promise.allSettled([close(sink), close(settings.source), close(this.#sides)]));
  }

  async delete(force: boolean, signal: AbortSignal): Promise<void> {
    const { settings, report } = this.#options;
    const { id: streamId, source } = settings;
    const sides = this.#sides;
    await forgetStream(
      { streamId, source, keeper: this.#keeper, claimed: this.#claimed, force, report, sides },
      signal,
    );
    this.#epoch = null;
    this.#claimed = false;
  }

  /** The first start: where the log is read from, and what has to be copied. Returns the tables that are there then. */
  async #begin(
    identity: SourceIdentity,
    progress: StreamProgress,
    known: readonly Relation[],
    describe: () => Promise<readonly Relation[]>,
    signal: AbortSignal,
  ): Promise<readonly Relation[]> {
    const { settings } = this.#options;
    const copies = copiesTables(settings);
    const begun = await settings.source.begin({
      claimed: progress.checkpoint.claimed,
      copies,
      ...(copies || settings.startFrom === undefined ? {} : { from: settings.startFrom }),
      ...claims(progress, identity, signal),
      signal,
    });
    const { position, ...state } = typeof begun === 'string' ? { position: begun } : begun;
    // A table that has got other columns meanwhile is as the target knows it: its copy will notice.
    const before = new Map(known.map((relation) => [qualifiedName(relation), relation]));
    const relations = (await describe()).map((relation) => before.get(qualifiedName(relation)) ?? relation);
    const names = [...ownRelations(relations, this.#options.task).keys()];
    const tables = copies ? pendingTables(names, position) : this.#sides.following(names, position);
    const stored = await settings.source.describeStorage?.(names);
    // In the past of a log its tables may have had other columns than they have now.
    const isNow = copies || (settings.startFrom ?? 'latest') === 'latest';
    const shaped = isNow ? withShapes(tables, relations, stored) : tables;
    await progress.save({ source: { ...identity, ...state }, position, tables: shaped }, signal);
    return relations;
  }

  async #validated(signal: AbortSignal) {
    const { settings } = this.#options;
    const connectors = this.#connectors(signal, await copiedBefore(settings, this.#keeper, signal).catch(() => ({})));
    // A sink that cannot be asked says so in its own report.
    const checkpoint = this.#keeper.read(signal).catch(() => null);
    const start = checkpoint.then((found) => startOf(settings, found));
    let all: readonly Relation[] = [];
    const describe = async () => {
      all = await connectors.describe();
      return this.#sides.followed(all, (await start).copies ? null : await checkpoint);
    };
    const { report, relations } = await validateConnectors({ ...connectors, describe }, start);
    const found = await this.#sides.warnings(await checkpoint, relations, connectors.sourceContext);
    const said = new Set(report.items.map(({ message }) => message));
    return {
      report: { items: [...report.items, ...found.filter(({ message }) => !said.has(message))] },
      relations: all,
    };
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
  async #changesFrom({ position, checkpoint }: StreamProgress, signal: AbortSignal): Promise<LogChanges> {
    const reading = this.#reading;
    const abort = () => reading.abort(signal.reason);
    signal.addEventListener('abort', abort);
    try {
      return await this.#options.settings.source.changes(position, reading.signal, checkpoint.source?.state);
    } finally {
      signal.removeEventListener('abort', abort);
      signal.throwIfAborted();
    }
  }

  #connectors(signal: AbortSignal, tables: Checkpoint['tables']): Connectors {
    const { settings, sink, report, task } = this.#options;
    const reselect = reselecting(settings, sink, (table, through) => this.#opened?.progress.raise(table, through));
    const options = { settings, sink, report, epoch: this.#epoch, reselect, tables, only: task?.table };
    return streamConnectors(options, signal);
  }
}
