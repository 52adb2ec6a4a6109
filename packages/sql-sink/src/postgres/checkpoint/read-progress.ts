import type { Checkpoint } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { isBeingCopied, mergeProgress } from '../../checkpoint/copy-progress.ts';
import { isTrue } from '../boolean-text.ts';
import { type CopyName, selectProgress } from './copy-range-sql.ts';

/** A row of the table of ranges, every value as text. */
interface ProgressRow {
  readonly table: string;
  readonly range_from: string | null;
  readonly range_to: string | null;
  readonly cursor: string | null;
  readonly done: string;
  readonly rows: string;
}

/** Reads the progress of a checkpoint's copies into it. */
export const withProgress = async (
  session: PostgresSession,
  name: CopyName,
  checkpoint: Checkpoint,
  signal: AbortSignal,
): Promise<Checkpoint> => {
  if (!Object.values(checkpoint.tables).some(isBeingCopied)) return checkpoint;
  const doing = 'read how far the copies are';
  const { rows } = await session.query<ProgressRow>(selectProgress(name), [], { signal, doing });
  const progress = rows.map(({ table, range_from: from, range_to: to, cursor, done, rows: count }) => ({
    table,
    range: { from, to },
    cursor,
    done: isTrue(done),
    rows: Number(count),
  }));
  return mergeProgress(checkpoint, progress);
};
