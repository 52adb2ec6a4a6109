import type { StatementOutcome } from '@millrace/mysql-client';

/** How many rows a statement has met: written, or, of a SELECT, found. */
export const rowsMet = (outcome: StatementOutcome | undefined): number => {
  if (outcome === undefined) return 0;
  return outcome.columns.length > 0 ? outcome.rows.length : outcome.affectedRows;
};
