import type { Checkpoint } from '@millrace/core';
import type { ScriptSession } from '@millrace/mysql-client';
import { isBeingCopied, mergeProgress } from '../../checkpoint/copy-progress.ts';
import type { RowName } from './checkpoint-sql.ts';
import { selectProgress } from './copy-range-sql.ts';

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
  session: ScriptSession,
  name: RowName,
  checkpoint: Checkpoint,
  signal: AbortSignal,
): Promise<Checkpoint> => {
  if (!Object.values(checkpoint.tables).some(isBeingCopied)) return checkpoint;
  const doing = 'read how far the copies are';
  const found = await session.query<ProgressRow>(selectProgress(name), [], { signal, doing });
  const progress = found.map(({ table, range_from: from, range_to: to, cursor, done, rows }) => ({
    table,
    range: { from, to },
    cursor,
    done: done === '1',
    rows: Number(rows),
  }));
  return mergeProgress(checkpoint, progress);
};
