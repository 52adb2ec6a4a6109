import type { Checkpoint, TableProgress } from '@millrace/core';

/** The checkpoint in which the copy of a table has not begun. */
export const begunAnew = (saved: Checkpoint, table: string): Checkpoint => {
  const progress = saved.tables[table];
  if (progress === undefined) return saved;
  const pending: TableProgress = { ...progress, state: 'pending', ranges: [], through: null };
  return { ...saved, tables: { ...saved.tables, [table]: pending } };
};
