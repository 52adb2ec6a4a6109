import type { ConnectorEvent } from '../contracts/connector-event.ts';
import type { Sink } from '../contracts/sink.ts';
import type { MillraceError } from '../errors/millrace-error.ts';
import type { Relation } from '../model/relation.ts';
import type { Settings } from '../options/settings.ts';
import type { ChangePipeline } from '../pipeline/change-pipeline.ts';
import type { StreamProgress } from '../stream/stream-progress.ts';
import type { ChunkWriter } from './chunk-writer.ts';
import { copyExactly } from './copy-exactly.ts';
import { copyInRanges } from './copy-in-ranges.ts';
import type { CopyReport } from './copy-report.ts';
import type { CopyingSource } from './copying-source.ts';
import { outdatedBy } from './outdated-by.ts';
import { mapTables, startedOver, uncopiedTables } from './table-progress.ts';

export interface CopyOptions {
  readonly source: CopyingSource;
  readonly sink: Sink;
  /** Read whenever they are used. */
  readonly settings: Settings['copy'];
  readonly progress: StreamProgress;
  /** The captured tables, by qualified name. */
  readonly relations: ReadonlyMap<string, Relation>;
  /** `null` when rows may pass as they are. */
  readonly pipeline: ChangePipeline | null;
  readonly writer: ChunkWriter;
  readonly report: CopyReport;
  readonly warn: (event: ConnectorEvent) => void;
}

/** How often the copy of one table starts over before that counts as a failure. */
const maxRestarts = 3;

/**
 * Copies what is not copied yet, in ranges, several at once, and then, one by one, the tables that can only be copied
 * exactly. Goes on where an earlier attempt was interrupted: what is durable of a range is not read again. When it
 * resolves every table is catching up, and durably so.
 */
export const copyTables = async (options: CopyOptions, signal: AbortSignal): Promise<void> => {
  const { progress, relations } = options;
  const tables = uncopiedTables(progress.checkpoint.tables, new Set(relations.keys()));
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
  { sink, progress, relations, warn }: CopyOptions,
  table: string,
  error: MillraceError,
  signal: AbortSignal,
): Promise<void> => {
  const relation = relations.get(table);
  warn({
    type: 'warning',
    code: error.code,
    message: `The copy of ${table} starts over: ${error.message}`,
    details: { table, ...error.details },
  });
  if (relation !== undefined) await sink.discardCopy?.(relation, signal);
  progress.committed(
    mapTables(progress.checkpoint.tables, (each, name) => (name === table ? startedOver(each) : each)),
  );
};
