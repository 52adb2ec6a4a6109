import type { StatementOutcome } from '@millrace/mysql-client';

/** How many rows a statement has met: written, or, of a SELECT, found. */
export const rowsMet = (outcome: StatementOutcome | undefined): number => {
  if (outcome === undefined) return 0;
  return outcome.columns.length > 0 ? outcome.rows.length : outcome.affectedRows;
};

/**
 * How many rows of an INSERT of several rows have met one that was there, whether that was changed or not, on a connection with the
 * flag `FOUND_ROWS`: the second number of "Records: … Duplicates: … Warnings: …" (MySQL manual, "mysql_info()"), in whatever language;
 * `null`: the server does not say, as of a single row.
 */
export const duplicatesMet = ({ info }: Pick<StatementOutcome, 'info'>): number | null => {
  const [, duplicates] = info.match(/\d+/g) ?? [];
  return duplicates === undefined ? null : Number(duplicates);
};
