import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { Sink } from '../contracts/sink.ts';
import type { Source } from '../contracts/source.ts';
import { coreError } from '../errors/core-errors.ts';
import type { Relation } from '../model/relation.ts';
import type { Settings } from '../options/settings.ts';
import type { SessionStatistics } from '../statistics/session-statistics.ts';
import { streamPipeline } from '../stream/stream-connectors.ts';
import type { StreamProgress } from '../stream/stream-progress.ts';
import { chunkWriter } from './chunk-writer.ts';
import { type CopyProgress, CopyReport } from './copy-report.ts';
import { copyTables } from './copy-tables.ts';
import { canCopy } from './copying-source.ts';
import { type HandoverEvent, handOver } from './handover.ts';
import { isReplayed, type Tables, uncopiedTables, unfinishedTables, withUncapturedFailed } from './table-progress.ts';

/** The captured tables that do not equal their source yet. */
export interface SnapshotState {
  /** Their rows are not all in the target; meanwhile no change is applied to any table. */
  readonly copying: readonly string[];
  /** The changes made during the copy are being applied. */
  readonly catchingUp: readonly string[];
}

export interface SnapshotEvents {
  /** A chunk is durable. */
  readonly onChunk: () => void;
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
  readonly events: SnapshotEvents;
}

interface Known {
  readonly tables: Tables;
  readonly unfinished: ReadonlySet<string> | undefined;
  readonly catchingUp: ReadonlySet<string> | undefined;
}

/** Copying and handing over, for a stream that is open. */
export class StreamSnapshot {
  readonly #options: StreamSnapshotOptions;
  readonly #captured: ReadonlySet<string>;
  #isCopying = false;
  #known: Known | null = null;

  constructor(options: StreamSnapshotOptions) {
    this.#options = options;
    this.#captured = new Set(options.relations.keys());
  }

  /** The captured tables that are not live; `undefined`: there are none. */
  get unfinished(): ReadonlySet<string> | undefined {
    return this.#know().unfinished;
  }

  /** Those of them whose copy may have seen what the log still brings; `undefined`: there are none. */
  get catchingUp(): ReadonlySet<string> | undefined {
    return this.#know().catchingUp;
  }

  /** Every captured table is live. */
  get isComplete(): boolean {
    return this.unfinished === undefined;
  }

  get isCopying(): boolean {
    return this.#isCopying;
  }

  /** Makes the target ready for copies or changes. */
  async prepare(copies: boolean, signal: AbortSignal): Promise<void> {
    const { sink, progress, relations } = this.#options;
    const { position, tables } = progress.checkpoint;
    for (const [table, { state }] of Object.entries(tables))
      if (state === 'failed' && this.#captured.has(table)) throw abandoned(table);
    const later = position === null ? (copies ? this.#captured : new Set<string>()) : unfinishedTables(tables);
    const [unfinished, live] = partition(relations, later);
    if (unfinished.length > 0) await sink.prepare?.(unfinished, 'snapshot', signal);
    if (unfinished.length === 0 || live.length > 0) await sink.prepare?.(live, 'stream', signal);
    signal.throwIfAborted();
    progress.committed(withUncapturedFailed(tables, this.#captured));
  }

  /** To be called when the checkpoint has its position, and after each step. */
  tell(): void {
    const { events, progress } = this.#options;
    const copying = uncopiedTables(progress.checkpoint.tables, this.#captured);
    const rest = [...(this.unfinished ?? [])];
    const catchingUp = rest.filter((table) => !copying.includes(table));
    events.onState(rest.length === 0 ? null : { copying, catchingUp });
  }

  /** Copies what is not copied yet. `onChunk`: one is durable. */
  async copy(onChunk: () => void, signal: AbortSignal): Promise<void> {
    const { settings, sink, statistics, progress, relations, events } = this.#options;
    const { source, transform } = settings;
    if (uncopiedTables(progress.checkpoint.tables, this.#captured).length === 0) return;
    if (!canCopy(source)) throw coreError('CONNECTOR_INVALID', `The source ${source.name} cannot copy tables any more`);
    const report = new CopyReport({
      onProgress: events.onProgress,
      onRead: (table, rows, bytes) => statistics.readRows(table, rows, bytes),
      onWritten: (table, rows, bytes) => {
        statistics.wroteRows(table, rows, bytes);
        events.onChunk();
        onChunk();
      },
    });
    const pipeline = transform === null ? null : streamPipeline(settings, sink);
    const writer = chunkWriter(sink, progress, pipeline);
    this.#isCopying = true;
    const { report: warn } = events;
    await copyTables(
      { source, sink, settings: settings.copy, progress, relations, pipeline, writer, report, warn },
      signal,
    );
    this.#isCopying = false;
    this.tell();
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
    const { settings, sink, progress, relations, events } = this.#options;
    const before = progress.checkpoint.tables;
    await handOver({ source: settings.source, sink, progress, relations, onHandover: events.onHandover }, signal);
    if (progress.checkpoint.tables !== before) this.tell();
  }
}

const someOf = (tables: readonly string[]) => (tables.length === 0 ? undefined : new Set(tables));

const partition = (
  relations: ReadonlyMap<string, Relation>,
  chosen: ReadonlySet<string>,
): readonly [readonly Relation[], readonly Relation[]] => {
  const all = [...relations];
  const those = (isChosen: boolean) => all.filter(([table]) => chosen.has(table) === isChosen).map(([, each]) => each);
  return [those(true), those(false)];
};

const abandoned = (table: string) =>
  coreError('COPY_ABANDONED', `${table} was taken out of the stream, and nobody has followed its changes since`, {
    hint: `Leave ${table} out, or begin anew: snapshot: 'always', or delete() the stream.`,
    details: { table },
  });
