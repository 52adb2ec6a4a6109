import { qualifiedName } from '@millrace/core';
import { quoteIdentifier, quoteLiteral, quoteQualified, type ScriptSession } from '@millrace/mysql-client';
import { sqlSinkError } from '../../error-table.ts';
import type { TablePlan } from '../target/table-plan.ts';

/** A table that was truncated at the source. */
export type TruncatedTable = TablePlan;

interface Reference {
  readonly database: string;
  readonly table: string;
  readonly target: string;
  readonly columns: string;
}

const separator = '\n';

/** Foreign keys onto these tables. */
const referencesQuery = (tables: readonly TablePlan[]): string => {
  const names = tables.map(({ relation: { schema, table } }) => `(${quoteLiteral(schema)}, ${quoteLiteral(table)})`);
  return `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS \`table\`,
  CONCAT(REFERENCED_TABLE_SCHEMA, '.', REFERENCED_TABLE_NAME) AS target,
  GROUP_CONCAT(COLUMN_NAME ORDER BY ORDINAL_POSITION SEPARATOR ${quoteLiteral(separator)}) AS columns
FROM information_schema.KEY_COLUMN_USAGE
WHERE (REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME) IN (${names.join(', ')})
GROUP BY TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME`;
};

const refuseDangling = async (session: ScriptSession, reference: Reference, signal: AbortSignal): Promise<void> => {
  const { database, table, target, columns } = reference;
  const set = columns.split(separator).map((name) => `${quoteIdentifier(name)} IS NOT NULL`);
  const referencing = quoteQualified(database, table);
  const sql = `SELECT 1 FROM ${referencing} WHERE ${set.join(' AND ')} LIMIT 1`;
  const found = await session.query(sql, [], { signal, doing: `look for rows of ${database}.${table}` });
  if (found.length === 0) return;
  throw sqlSinkError(
    'TRUNCATE_CASCADE',
    `${target} was truncated, and rows of target table ${database}.${table} refer to it, which this stream does not write`,
    {
      hint: `Delete those rows of ${referencing} or drop its foreign key, or let the stream capture it.`,
      details: { table: target, referencing: `${database}.${table}` },
    },
  );
};

/**
 * Applies consecutive truncates as one step. Rows are deleted instead: TRUNCATE at the target ends the transaction.
 * Rejects `TRUNCATE_CASCADE` where rows of a table that is not `captured` would be left referring to nothing.
 */
export const deleteAllRows = async (
  session: ScriptSession,
  truncated: readonly TruncatedTable[],
  captured: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> => {
  const doing = 'look for references to truncated tables';
  const references = await session.query<Reference>(referencesQuery(truncated), [], { signal, doing });
  const own = new Set(truncated.map(({ relation }) => qualifiedName(relation)));
  for (const reference of references) {
    const name = `${reference.database}.${reference.table}`;
    if (!captured.has(name) && !own.has(name)) await refuseDangling(session, reference, signal);
  }
  for (const { name, relation } of truncated)
    await session.script([`DELETE FROM ${name}`], { signal, doing: `empty ${qualifiedName(relation)}` });
};
