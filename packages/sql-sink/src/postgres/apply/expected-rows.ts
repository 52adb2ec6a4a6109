/** A statement that changes rows, and the queries it needs in front. */
export interface RowStatement {
  readonly ctes: readonly string[];
  /** An INSERT, UPDATE or DELETE; or a SELECT that only looks whether rows are there. */
  readonly statement: string;
}

export const statementText = ({ ctes, statement }: RowStatement): string =>
  `${ctes.length === 0 ? '' : `WITH ${ctes.join(', ')} `}${statement}`;

/** `substring_error`: what a statement raises that met another number of rows. No value of any type raises it. */
export const unexpectedRows = '22011';

/**
 * The statement as one that fails, with `unexpectedRows`, unless it meets exactly so many rows. A COMMIT sent along
 * behind it is not run then (invariant 9).
 */
export const expectingRows = ({ ctes, statement }: RowStatement, rows: number): string => {
  const returning = statement.startsWith('SELECT') ? '' : ' RETURNING 1';
  return checked([...ctes, `met AS (${statement}${returning})`], rows, '');
};

/** As `expectingRows` with one row; its second value is where the row is now, as text (`ctid`). */
export const expectingPlace = (statement: string): string =>
  checked([`met AS (${statement} RETURNING ctid)`], 1, ', pg_catalog.min(CAST(ctid AS text))');

const checked = (ctes: readonly string[], rows: number, more: string): string =>
  `WITH ${ctes.join(', ')} SELECT pg_catalog.substr('', 1, CASE pg_catalog.count(*) WHEN ${rows} THEN 0 ELSE -1 END)${more} FROM met`;
