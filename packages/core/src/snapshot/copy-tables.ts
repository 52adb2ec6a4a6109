import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { Sink } from '../contracts/sink.ts';
import type { MillraceError } from '../errors/millrace-error.ts';
import type { Settings } from '../options/settings.ts';
import type { ChangePipeline } from '../pipeline/change-pipeline.ts';
import { extendRelation } from '../pipeline/transformation.ts';
import { type EvolutionPolicy, tableEvolutions } from '../schema/table-evolution.ts';
import type { StreamProgress } from '../stream/stream-progress.ts';
import type { ChunkWriter } from './chunk-writer.ts';
import type { CopiedShapes } from './copied-shapes.ts';
import { copyExactly } from './copy-exactly.ts';
import { copyInRanges } from './copy-in-ranges.ts';
import type { CopyReport } from './copy-report.ts';
import type { CopyingSource } from './copying-source.ts';
import { outdatedBy } from './outdated-by.ts';
import type { ReplacingCopy } from './replacing-copy.ts';
import { mapTables, startedOver, uncopiedTables } from './table-progress.ts';

export interface CopyOptions {
  readonly source: CopyingSource;
  readonly sink: Sink;
  /** Read whenever they are used. */
  readonly settings: Settings['copy'];
  readonly progress: StreamProgress;
  readonly shapes: CopiedShapes;
  /** The captured tables. */
  readonly captured: ReadonlySet<string>;
  readonly policy: EvolutionPolicy;
  /** `null` when rows may pass as they are. */
  readonly pipeline: ChangePipeline | null;
  readonly writer: ChunkWriter;
  readonly report: CopyReport;
  readonly warn: (event: ConnectorEvent) => void;
  /** Absent: into empty tables. */
  readonly replacing?: ReplacingCopy | undefined;
}

/** How often the copy of one table starts over before that counts as a failure. */
const maxRestarts = 10;

/**
 * Copies what is not copied yet, in ranges, several at once, and then, one by one, the tables that can only be copied
 * exactly. Goes on where an earlier attempt was interrupted: what is durable of a range is not read again. When it
 * resolves every table is catching up, and durably so.
 */
export const copyTables = async (options: CopyOptions, signal: AbortSignal): Promise<void> => {
  const { progress, captured } = options;
  const tables = uncopiedTables(progress.checkpoint.tables, captured);
  if (tables.length === 0) return;
  const restarts = new Map<string, number>();
  const startOver = async (table: string, error: MillraceError) => {
    const count = (restarts.get(table) ?? 0) + 1;
    restarts.set(table, count);
    if (count > maxRestarts) throw error;
    await discard(options, table, error, signal);
  };
  for (const table of await copyInRanges(options, tables, startOver, signal))
    for (;;) {
      const error = await outdatedBy(() => copyExactly(options, table, signal));
      if (error === null) break;
      await options.sink.rollback();
      await startOver(table, error);
    }
};

/** What is copied of a table is removed, and its copy starts over. */
const discard = async (
  { sink, progress, shapes, policy, warn, replacing }: CopyOptions,
  table: string,
  error: MillraceError,
  signal: AbortSignal,
): Promise<void> => {
  const relation = shapes.get(table);
  warn({
    type: 'warning',
    code: error.code,
    message: `The copy of ${table} starts over: ${error.message}`,
    details: { table, ...error.details },
  });
  const tables = mapTables(progress.checkpoint.tables, (each, name) => (name === table ? startedOver(each) : each));
  // Rows that were there before would not all come back.
  if (replacing?.replaces === true) await progress.save({ tables }, signal);
  else {
    if (relation !== undefined) await sink.discardCopy?.(extendRelation(relation, policy.added), signal);
    progress.committed(tables);
  }
  const changed = shapes.startOver(table);
  const evolutions = changed === null ? [] : tableEvolutions(changed.relation, changed.columns, policy);
  if (evolutions.length > 0) await sink.evolve?.(evolutions, signal);
};
