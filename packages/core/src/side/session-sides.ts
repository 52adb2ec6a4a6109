import type { Checkpoint } from '../contracts/checkpoint.ts';
import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { Sink } from '../contracts/sink.ts';
import type { SourceContext } from '../contracts/source.ts';
import type { ValidationItem } from '../contracts/validation.ts';
import { coreError } from '../errors/core-errors.ts';
import type { ChangeBatch } from '../model/change-batch.ts';
import { qualifiedName, type Relation } from '../model/relation.ts';
import type { Settings } from '../options/settings.ts';
import type { GroupBoundary } from '../pipeline/group-boundary.ts';
import { withShapes } from '../schema/known-shapes.ts';
import { leftOutOfNew, leftOutTable, refuseNew } from '../schema/new-tables.ts';
import { copiesTables } from '../snapshot/copying-source.ts';
import type { SnapshotEvents, StreamSnapshot } from '../snapshot/stream-snapshot.ts';
import type { Tables } from '../snapshot/table-progress.ts';
import { SessionStatistics } from '../statistics/session-statistics.ts';
import type { SessionOptions } from '../stream/session.ts';
import type { StreamProgress } from '../stream/stream-progress.ts';
import { type Backfill, backfillsOf } from './backfill.ts';
import { isDropped, isWanted, knownTables, metAt } from './backfill-progress.ts';
import { freeSide, releaseSides, type SideConnectors, sideConnectors } from './side-connectors.ts';
import type { SideSession } from './side-stream.ts';
import { SideStreams } from './side-streams.ts';
import type { SideTask } from './side-task.ts';

export interface SessionSidesOptions {
  /** Read whenever it is used. */
  readonly settings: Settings;
  readonly sink: Sink;
  readonly statistics: SessionStatistics;
  readonly report: (event: ConnectorEvent) => void;
  readonly snapshot: SnapshotEvents;
  readonly onBackfill: (backfill: Backfill) => void;
  readonly session: (options: SessionOptions) => SideSession;
}

interface Running {
  readonly progress: StreamProgress;
  readonly snapshot: StreamSnapshot;
  readonly streams: SideStreams;
}

/** The side streams of a session, as far as its source and sink have any. */
export class SessionSides {
  readonly #options: SessionSidesOptions;
  readonly #connectors: SideConnectors | null;
  #running: Running | null = null;
  #tables: Tables = {};
  /** What was told of already. */
  readonly #leftOut = new Set<string>();

  constructor(options: SessionSidesOptions) {
    this.#options = options;
    this.#connectors = sideConnectors(options.settings, options.sink);
  }

  /** A side stream has something to do, or will have. */
  get areWanted(): boolean {
    return Object.values(this.#running?.progress.checkpoint.tables ?? {}).some(isWanted);
  }

  /** Whether tables can be copied beside the stream. */
  get exist(): boolean {
    return this.#connectors !== null;
  }

  /** The copies of all tables, as far as they are known. */
  get backfills(): readonly Backfill[] {
    return backfillsOf(this.#running?.progress.checkpoint.tables ?? this.#tables);
  }

  /** Names the tables that are captured, before anything of them is applied. `absent`: those that the source does not have. */
  name(progress: StreamProgress, captured: readonly Relation[], absent: ReadonlySet<string>): void {
    const { settings, report } = this.#options;
    const { position, tables } = progress.checkpoint;
    const names = captured.map(qualifiedName);
    if (position === null) return;
    if (this.#connectors !== null) {
      refuseNew(
        names.filter((table) => tables[table] === undefined),
        settings,
      );
      progress.committed(knownTables(tables, new Set(names), position, copiesTables(settings), absent));
    } else if (copiesTables(settings) && Object.keys(tables).length > 0)
      for (const table of names.filter((name) => tables[name] === undefined)) report(notCopied(table));
  }

  /** What would keep tables that the checkpoint does not name from being copied: the stream itself can go on. */
  async warnings(
    checkpoint: Checkpoint | null,
    captured: readonly Relation[],
    context: SourceContext,
  ): Promise<readonly ValidationItem[]> {
    const tables = checkpoint?.tables ?? {};
    const isMet = captured.every((relation) => tables[qualifiedName(relation)] !== undefined);
    if (this.#connectors === null || checkpoint === null || checkpoint.position === null || isMet) return [];
    if (!copiesTables(this.#options.settings)) return [];
    const { items } = await this.#connectors.source.side(freeSide(tables)).validate({ ...context, copies: true });
    return items.filter(({ state }) => state === 'failed').map((item) => ({ ...item, level: 'warning' }));
  }

  /** What a first start saves of tables that it does not copy. */
  following(tables: readonly string[], position: string): Tables {
    return Object.fromEntries(tables.map((table) => [table, metAt(position, false)]));
  }

  /** The captured tables without those that are new and left out. */
  followed(captured: readonly Relation[], checkpoint: Checkpoint | null): readonly Relation[] {
    if (this.#connectors === null || checkpoint === null || checkpoint.position === null) return captured;
    const unknown = captured.map(qualifiedName).filter((table) => checkpoint.tables[table] === undefined);
    const leftOut = leftOutOfNew(unknown, this.#options.settings);
    return captured.filter((relation) => !leftOut.includes(qualifiedName(relation)));
  }

  /**
   * A table may appear while the stream runs; the checkpoint of the group names it. Returns those that are left out. Throws
   * `SCHEMA_CHANGED` where the options say so.
   */
  meet(
    { tables: changed, relations }: ChangeBatch,
    progress: StreamProgress,
    snapshot: StreamSnapshot,
  ): readonly string[] {
    if (this.#connectors === null) return [];
    const { tables } = progress.checkpoint;
    const unknown = [...changed.keys()].filter((table) => tables[table] === undefined || isDropped(tables[table]));
    if (unknown.length === 0) return [];
    refuseNew(unknown, this.#options.settings);
    const leftOut = leftOutOfNew(unknown, this.#options.settings);
    for (const table of leftOut) if (!this.#leftOut.has(table)) this.#options.report(leftOutTable(table));
    for (const table of leftOut) this.#leftOut.add(table);
    const met = unknown.filter((table) => !leftOut.includes(table));
    if (met.length === 0) return leftOut;
    const copies = copiesTables(this.#options.settings);
    const named = met.map((table) => [table, metAt(progress.position, copies, tables[table])] as const);
    progress.committed(withShapes({ ...tables, ...Object.fromEntries(named) }, relations));
    for (const relation of relations) if (met.includes(qualifiedName(relation))) snapshot.meet(relation);
    snapshot.tell();
    return leftOut;
  }

  /**
   * The side streams of a session that moves changes from now on; `null`: it has none. `onFailure`: the stream's own
   * checkpoint could not be saved.
   */
  begin(
    { progress, snapshot }: Omit<Running, 'streams'>,
    boundary: GroupBoundary,
    handOver: () => Promise<void>,
    onFailure: (error: unknown) => void,
  ): SideStreams | null {
    const connectors = this.#connectors;
    if (connectors === null) return null;
    const { report, onBackfill } = this.#options;
    const streams = new SideStreams({
      connectors,
      progress,
      boundary,
      isQuery: (table) =>
        this.#options.settings.tables.some(({ name, query }) => name === table && query !== undefined),
      session: (task) => this.#session(connectors, task),
      report,
      onBackfill,
      onTables: () => snapshot.tell(),
      handOver,
      onFailure,
    });
    this.#running = { progress, snapshot, streams };
    return streams;
  }

  /** The session moves changes no more. */
  end(): void {
    if (this.#running !== null) this.#tables = this.#running.progress.checkpoint.tables;
    this.#running = null;
  }

  async request(table: string, where: string | null): Promise<Backfill> {
    return this.#required().request(table, where);
  }

  async stop(table: string): Promise<Backfill> {
    return this.#required().stop(table);
  }

  /** Closes what is open. */
  async close(): Promise<void> {
    await this.#running?.streams.close();
  }

  /** Removes what side streams have left. */
  async release(tables: Tables, signal: AbortSignal): Promise<void> {
    if (this.#connectors !== null) await releaseSides(this.#connectors, tables, signal);
    this.#tables = {};
  }

  #required(): SideStreams {
    if (this.#connectors === null)
      throw coreError('BACKFILL_NOT_POSSIBLE', 'The source or the sink of this stream copies no tables beside it');
    if (this.#running === null)
      throw coreError('NOT_POSSIBLE', 'A backfill can be asked for and stopped while changes are moved, and only then');
    return this.#running.streams;
  }

  #session({ source, sink }: SideConnectors, task: SideTask): SideSession {
    const { settings, statistics, report, snapshot, session } = this.#options;
    const own = sink.side(task.side);
    return session({
      settings: {
        ...settings,
        source: source.side(task.side),
        sink: own,
        snapshot: 'initial',
        limits: { numberOfEvents: 0, elapsedTime: 0 },
      },
      sink: own,
      statistics: new SessionStatistics(),
      report: (event) => report(event.type === 'waiting' ? waitingFor(task.table, event) : event),
      onDrain: () => {},
      onCheckpoint: task.onProgress,
      snapshot: {
        ...snapshot,
        onChunk: () => {
          task.onProgress();
          snapshot.onChunk();
        },
        onRows: (table, rows, bytes) => {
          statistics.readRows(table, rows, bytes);
          statistics.wroteRows(table, rows, bytes);
        },
        // The table is live when the stream itself has come there.
        onHandover: () => {},
        onState: () => {},
      },
      task,
    });
  }
}

const notCopied = (table: string): ConnectorEvent => ({
  type: 'warning',
  code: 'TABLE_NOT_COPIED',
  message: `Of ${table} only changes are streamed from now on: source or sink copies no tables beside the stream`,
  details: { table },
});

/** The stream itself does not wait. */
const waitingFor = (table: string, event: ConnectorEvent): ConnectorEvent => ({
  ...event,
  type: 'warning',
  details: { ...event.details, table },
});
