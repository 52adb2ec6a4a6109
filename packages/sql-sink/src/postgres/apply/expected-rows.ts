import { quoteLiteral } from '@millrace/postgres-client';

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

/**
 * Fails, with `unexpectedRows`, if the COPY before it may have left rows out: only a trigger can make it do so. None can
 * be made or switched on behind the COPY before the end of the transaction, because of the COPY's lock (PostgreSQL manual,
 * "Explicit Locking"). Asks for the table by its name, as the COPY does.
 */
export const expectingWholeCopy = (into: string): string => {
  const table = `pg_catalog.to_regclass(${quoteLiteral(into)})`;
  const tree = `SELECT ${table} UNION ALL SELECT relid FROM pg_catalog.pg_partition_tree(${table})`;
  const kinds = `SELECT FROM pg_catalog.pg_class c WHERE c.oid IN (${tree}) AND c.relkind NOT IN ('r', 'p')`;
  const fires = `CASE pg_catalog.current_setting('session_replication_role') WHEN 'replica' THEN 'R' ELSE 'O' END`;
  // In the bits of `tgtype`: for each row, before it, at INSERT.
  const triggers = `SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid IN (${tree}) AND g.tgtype & 7 = 7 AND g.tgenabled IN ('A', ${fires})`;
  return `SELECT pg_catalog.substr('', 1, CASE WHEN EXISTS (${kinds}) OR EXISTS (${triggers}) THEN -1 ELSE 0 END)`;
};

const checked = (ctes: readonly string[], rows: number, more: string): string =>
  `WITH ${ctes.join(', ')} SELECT pg_catalog.substr('', 1, CASE pg_catalog.count(*) WHEN ${rows} THEN 0 ELSE -1 END)${more} FROM met`;
