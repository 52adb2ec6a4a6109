import type { Sink } from '../contracts/sink.ts';
import { qualifiedName, type Relation } from '../model/relation.ts';
import type { StreamProgress } from '../stream/stream-progress.ts';
import { pendingTables } from './table-progress.ts';

export interface ForgetCopiesOptions {
  readonly sink: Pick<Sink, 'discardCopy'>;
  readonly progress: StreamProgress;
  /** The captured tables. */
  readonly relations: readonly Relation[];
}

/**
 * Removes what was copied of the captured tables, and the position: the stream begins as if for the first time. A crash
 * in between leaves tables that are still to be copied from that position on, of which some hold rows.
 */
export const forgetCopies = async (
  { sink, progress, relations }: ForgetCopiesOptions,
  signal: AbortSignal,
): Promise<void> => {
  const { position } = progress.checkpoint;
  if (position === null) return;
  // First: rows that are being removed are no copy any more.
  await progress.save({ tables: pendingTables(relations.map(qualifiedName), position) }, signal);
  for (const relation of relations) await sink.discardCopy?.(relation, signal);
  await progress.save({ position: null, tables: {} }, signal);
};
