import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { Sink } from '../contracts/sink.ts';
import type { Source } from '../contracts/source.ts';
import { coreError } from '../errors/core-errors.ts';
import { qualifiedName, type Relation } from '../model/relation.ts';
import type { Settings } from '../options/settings.ts';
import { sourceRelation } from '../pipeline/transformation.ts';
import { type KnownColumns, settingKeptAside } from '../schema/kept-columns.ts';
import { copiedEvolutions } from '../schema/table-evolution.ts';
import { relationOf } from '../schema/table-shape.ts';
import type { SessionStatistics } from '../statistics/session-statistics.ts';
import { columnsAdded, streamPipeline } from '../stream/stream-connectors.ts';
import type { StreamProgress } from '../stream/stream-progress.ts';
import { chunkWriter } from './chunk-writer.ts';
import { CopiedShapes } from './copied-shapes.ts';
import { type CopyProgress, CopyReport } from './copy-report.ts';
import { copyTables } from './copy-tables.ts';
import { canCopy } from './copying-source.ts';
import { type HandoverEvent, handOver } from './handover.ts';
import type { ReplacingCopy } from './replacing-copy.ts';
import { isReplayed, type Tables, uncopiedTables, unfinishedTables, withUncapturedFailed } from './table-progress.ts';

/** The captured tables that do not equal their source yet. */
export interface SnapshotState {
  /** Their rows are not all in the target; meanwhile no change is applied to any table. */
  readonly copying: readonly string[];
  /** The changes made during the copy are being applied. */
  readonly catchingUp: readonly string[];
  /** They are left out: side streams copy them, or nobody does (`stream.backfills` says which). */
  readonly aside: readonly string[];
}

export interface SnapshotEvents {
  /** A chunk is durable. */
  readonly onChunk: () => void;
  /** So many rows were copied with it. */
  readonly onRows?: (table: string, rows: number, bytes: number) => void;
  readonly onProgress: (progress: CopyProgress) => void;
  readonly onHandover: (event: HandoverEvent) => void;
  /** `null`: every table is live. */
  readonly onState: (state: SnapshotState | null) => void;
  readonly report: (event: ConnectorEvent) => void;
}

export interface StreamSnapshotOptions {
  readonly settings: Settings;
  readonly sink: Sink;
  readonly statistics: SessionStatistics;
  readonly progress: StreamProgress;
  /** The captured tables, by qualified name. */
  readonly relations: ReadonlyMap<string, Relation>;
  /** Those of them that have another name by now, which their targets may have, too: these are left as they are. */
  readonly renamed?: ReadonlySet<string> | undefined;
  readonly events: SnapshotEvents;
  /**
   * What the target has of tables that are not copied yet: nothing, or rows of whatever time. Columns: it is as the stream has
   * made it beside which they are copied, with those or further.
   */
  readonly target: 'empty' | 'filled' | KnownColumns;
}

interface Known {
  readonly tables: Tables;
  readonly unfinished: ReadonlySet<string> | undefined;
  readonly catchingUp: ReadonlySet<string> | undefined;
}

/** Copying and handing over, for a stream that is open. */
export class StreamSnapshot {
  readonly #options: StreamSnapshotOptions;
  readonly #captured: Set<string>;
  readonly #relations: Map<string, Relation>;
  #known: Known | null = null;

  constructor(options: StreamSnapshotOptions) {
    this.#options = options;
    this.#captured = new Set(options.relations.keys());
    this.#relations = new Map(options.relations);
  }

  /** The captured tables whose changes are replayed; `undefined`: there are none. */
  get unfinished(): ReadonlySet<string> | undefined {
    return this.#know().unfinished;
  }

  /** Those of them whose copy may have seen what the log still brings; `undefined`: there are none. */
  get catchingUp(): ReadonlySet<string> | undefined {
    return this.#know().catchingUp;
  }

  /** Every captured table is live. */
  get isComplete(): boolean {
    return this.unfinished === undefined && this.#aside.length === 0;
  }

  get #aside(): readonly string[] {
    const { tables } = this.#options.progress.checkpoint;
    return [...this.#captured].filter((table) => tables[table]?.state === 'aside' && tables[table].gone !== true);
  }

  /** Makes the target ready for copies or changes. */
  async prepare(copies: boolean, signal: AbortSignal): Promise<void> {
    const { sink, progress, relations, target } = this.#options;
    const { position, tables } = progress.checkpoint;
    for (const [table, { state }] of Object.entries(tables))
      if (state === 'failed' && this.#captured.has(table)) throw abandoned(table);
    const later = position === null ? (copies ? this.#captured : new Set<string>()) : unfinishedTables(tables);
    if (typeof target === 'string') await this.#evolveUncopied(signal);
    // The target may have made those that are catching up as they were copied, which the log has not come to yet.
    const isAhead = (table: string) => sink.capabilities.schemaChanges && tables[table]?.state === 'catching-up';
    const leftOut = [...this.#aside, ...(this.#options.renamed ?? []), ...[...this.#captured].filter(isAhead)];
    const [unfinished, live] = partition(relations, later, new Set(leftOut));
    if (unfinished.length > 0 && typeof target === 'string')
      await sink.prepare?.(unfinished, target === 'filled' ? 'stream' : 'snapshot', signal);
    if (unfinished.length === 0 || live.length > 0) await sink.prepare?.(live, 'stream', signal);
    signal.throwIfAborted();
    progress.committed(withUncapturedFailed(tables, this.#captured));
  }

  /** Makes tables of the target that are still to be copied like those of the source, which may have got other columns. */
  async #evolveUncopied(signal: AbortSignal): Promise<void> {
    const { settings, sink, progress, target } = this.#options;
    const { tables } = progress.checkpoint;
    const policy = { schemaChanges: settings.schemaChanges, added: columnsAdded(settings) };
    const relations = this.#sourceRelations();
    const evolutions = uncopiedTables(tables, this.#captured).flatMap((table) => {
      const relation = relations.get(table);
      const { shape, kept = [] } = (typeof target === 'string' ? tables[table] : target) ?? {};
      if (relation === undefined || shape === undefined) return [];
      const evolutions = copiedEvolutions(relation, shape, policy);
      // Rows that were copied already have their values.
      const isUntouched = tables[table]?.state === 'pending';
      return isUntouched ? evolutions.map((evolution) => settingKeptAside(evolution, kept)) : evolutions;
    });
    if (evolutions.length > 0) await sink.evolve?.(evolutions, signal);
  }

  /** A table that was not there when the stream was opened. */
  meet(relation: Relation): void {
    this.#relations.set(qualifiedName(relation), relation);
    this.#captured.add(qualifiedName(relation));
    this.#known = null;
  }

  /** To be called when the checkpoint has its position, and after each step. */
  tell(): void {
    const { events, progress } = this.#options;
    const copying = uncopiedTables(progress.checkpoint.tables, this.#captured);
    const rest = [...(this.unfinished ?? [])];
    const catchingUp = rest.filter((table) => !copying.includes(table));
    const aside = this.#aside;
    events.onState(rest.length + aside.length === 0 ? null : { copying, catchingUp, aside });
  }

  /** Copies what is not copied yet. `onChunk`: one is durable. */
  async copy(onChunk: () => void, replacing: ReplacingCopy | undefined, signal: AbortSignal): Promise<void> {
    const { settings, sink, statistics, progress, events } = this.#options;
    const { source, transform } = settings;
    if (uncopiedTables(progress.checkpoint.tables, this.#captured).length === 0) return;
    // Only now nothing else is applied to it.
    if (typeof this.#options.target !== 'string') {
      await this.#evolveUncopied(signal);
      // An earlier copy may have ended before it made the table.
      await sink.prepare?.([...this.#options.relations.values()], 'stream', signal);
    }
    if (!canCopy(source)) throw coreError('CONNECTOR_INVALID', `The source ${source.name} cannot copy tables any more`);
    const report = new CopyReport({
      onProgress: events.onProgress,
      onRead: (table, rows, bytes) => statistics.readRows(table, rows, bytes),
      onWritten: (table, rows, bytes) => {
        statistics.wroteRows(table, rows, bytes);
        events.onRows?.(table, rows, bytes);
        events.onChunk();
        onChunk();
      },
    });
    const pipeline = transform === null ? null : streamPipeline(settings, sink);
    const writer = chunkWriter(sink, progress, pipeline);
    const { report: warn } = events;
    const { copy } = settings;
    await copyTables(
      {
        source,
        sink,
        settings: copy,
        progress,
        shapes: new CopiedShapes(this.#copiedRelations()),
        captured: this.#captured,
        policy: { schemaChanges: settings.schemaChanges, added: columnsAdded(settings) },
        pipeline,
        writer,
        report,
        warn,
        replacing,
      },
      signal,
    );
    this.tell();
  }

  /** The tables as they are copied: what is durable of one that is being copied already has the shape it had. */
  #copiedRelations(): Map<string, Relation> {
    const { tables } = this.#options.progress.checkpoint;
    const relationOfRows = (table: string, relation: Relation) => {
      const { state, copied } = tables[table] ?? {};
      return state === 'copying' && copied !== undefined ? relationOf(relation, copied) : relation;
    };
    return new Map([...this.#sourceRelations()].map(([table, relation]) => [table, relationOfRows(table, relation)]));
  }

  /** The tables without the columns that `transform` adds, which no shape and no chunk has. */
  #sourceRelations(): Map<string, Relation> {
    const added = columnsAdded(this.#options.settings);
    return new Map([...this.#relations].map(([table, relation]) => [table, sourceRelation(relation, added)]));
  }

  #know(): Known {
    const { settings, progress } = this.#options;
    const { tables } = progress.checkpoint;
    if (this.#known?.tables === tables) return this.#known;
    const compare: Source['compare'] = (a, b) => settings.source.compare(a, b);
    const unfinished = [...unfinishedTables(tables)].filter((table) => this.#captured.has(table));
    const replayed = unfinished.filter((table) => tables[table] !== undefined && isReplayed(tables[table], compare));
    this.#known = { tables, unfinished: someOf(unfinished), catchingUp: someOf(replayed) };
    return this.#known;
  }

  /** Between two groups: makes the tables live that have caught up. */
  async handOver(signal: AbortSignal): Promise<void> {
    if (this.unfinished === undefined) return;
    const { settings, sink, progress, events } = this.#options;
    const relations = this.#relations;
    const before = progress.checkpoint.tables;
    await handOver({ source: settings.source, sink, progress, relations, onHandover: events.onHandover }, signal);
    if (progress.checkpoint.tables !== before) this.tell();
  }
}

const someOf = (tables: readonly string[]) => (tables.length === 0 ? undefined : new Set(tables));

const partition = (
  relations: ReadonlyMap<string, Relation>,
  chosen: ReadonlySet<string>,
  leftOut: ReadonlySet<string>,
): readonly [readonly Relation[], readonly Relation[]] => {
  const all = [...relations].filter(([table]) => !leftOut.has(table));
  const those = (isChosen: boolean) => all.filter(([table]) => chosen.has(table) === isChosen).map(([, each]) => each);
  return [those(true), those(false)];
};

const abandoned = (table: string) =>
  coreError('COPY_ABANDONED', `${table} was taken out of the stream, and nobody has followed its changes since`, {
    hint: `Leave ${table} out, or begin anew: snapshot: 'always', or delete() the stream.`,
    details: { table },
  });
