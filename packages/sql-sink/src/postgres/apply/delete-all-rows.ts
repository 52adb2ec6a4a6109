import { qualifiedName } from '@millrace/core';
import { type PostgresSession, quoteIdentifier, quoteLiteral, quoteQualified } from '@millrace/postgres-client';
import type * as shared from '../../apply/bulk-application.ts';
import { sqlSinkError } from '../../error-table.ts';
import type { TablePlan } from '../target/table-plan.ts';
import { isoTime } from '../write/written-row.ts';

interface Reference {
  readonly schema: string;
  readonly table: string;
  readonly target: string;
  /** A JSON array. */
  readonly columns: string;
}

/** Foreign keys onto these tables; those that partitions inherit are left out. */
const referencesQuery = `
SELECT n.nspname AS schema, c.relname AS table, tn.nspname || '.' || t.relname AS target,
  (SELECT json_agg(a.attname) FROM pg_attribute a
   WHERE a.attrelid = f.conrelid AND a.attnum = ANY(f.conkey)) AS columns
FROM pg_constraint f
JOIN pg_class c ON c.oid = f.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class t ON t.oid = f.confrelid
JOIN pg_namespace tn ON tn.oid = t.relnamespace
WHERE f.contype = 'f' AND f.conparentid = 0 AND f.confrelid = ANY($1::oid[])`;

const refuseDangling = async (
  session: PostgresSession,
  { schema, table, target, columns }: Reference,
  signal: AbortSignal,
): Promise<void> => {
  const names: readonly string[] = JSON.parse(columns);
  const set = names.map((name) => `${quoteIdentifier(name)} IS NOT NULL`).join(' AND ');
  const sql = `SELECT 1 FROM ${quoteQualified(schema, table)} WHERE ${set} LIMIT 1`;
  const { rowCount } = await session.query(sql, [], { signal, doing: `look for rows of ${schema}.${table}` });
  if (rowCount === 0) return;
  throw sqlSinkError(
    'TRUNCATE_CASCADE',
    `${target} was truncated, and rows of target table ${schema}.${table} refer to it, which this stream does not write`,
    {
      hint: `Delete those rows of ${quoteQualified(schema, table)} or drop its foreign key, or let the stream capture it.`,
      details: { table: target, referencing: `${schema}.${table}` },
    },
  );
};

export type TruncatedTable = shared.TruncatedTable<TablePlan>;

/** Removes the rows, or marks those as deleted that are not. */
const emptyTable = ({ plan: { from, deletedAt }, transaction }: TruncatedTable): string => {
  if (deletedAt === null) return `DELETE FROM ${from}`;
  const time = quoteLiteral(isoTime(transaction?.commitTime ?? Date.now()));
  return `UPDATE ${from} SET ${deletedAt.quoted} = ${time} WHERE ${deletedAt.quoted} IS NULL`;
};

/**
 * Applies consecutive truncates as one step. Rows are deleted instead: TRUNCATE at the target would be seen at once by
 * snapshots that must not see it (invariant 4). Rejects `TRUNCATE_CASCADE` where rows of a table that is not
 * `captured` would be left referring to nothing.
 */
export const deleteAllRows = async (
  session: PostgresSession,
  truncated: readonly TruncatedTable[],
  captured: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> => {
  const plans = truncated.map(({ plan }) => plan);
  const emptied = plans.filter(({ deletedAt }) => deletedAt === null).map(({ oid }) => oid);
  const { rows } = await session.query<Reference>(referencesQuery, [emptied], {
    signal,
    doing: 'look for references to truncated tables',
  });
  const own = new Set(plans.map(({ relation }) => qualifiedName(relation)));
  for (const reference of rows) {
    const name = qualifiedName(reference);
    if (!captured.has(name) && !own.has(name)) await refuseDangling(session, reference, signal);
  }
  for (const table of truncated)
    await session.query(emptyTable(table), [], { signal, doing: `empty ${qualifiedName(table.plan.relation)}` });
};
