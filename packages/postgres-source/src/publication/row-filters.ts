import { MillraceError, qualifiedName } from '@millrace/core';
import { type PostgresSession, quoteQualified, sqlstateOf } from '@millrace/postgres-client';
import type { SelectedTable } from '../catalog/select-tables.ts';

/** A condition that a stream asks for, as its server understands it. */
export interface RowFilter {
  /** As the catalog writes it; `null`: it is not known, because this server cannot be asked, or why `problem` says. */
  readonly text: string | null;
  /**
   * The log identifies rows by all of its columns, in every partition. Where it does not, publishing updates or deletes
   * makes those statements of the application fail.
   */
  readonly isIdentified: boolean;
  /** Why it is no condition on the table. */
  readonly problem: string | null;
}

/** By qualified name, of the tables of which only some rows are asked for. */
export type RowFilters = ReadonlyMap<string, RowFilter>;

/** The first server that has row filters. */
const firstWithFilters = 150_000;

const scratch = 'millrace_filter';

const doing = 'look at the condition of a table';

/** The table, or each of its partitions that has rows, of which the identity lacks one of the columns `$2`. */
const unidentified = `
  SELECT l.oid FROM pg_class l
  WHERE l.oid IN (SELECT $1::oid UNION SELECT relid FROM pg_partition_tree($1::oid) WHERE isleaf) AND l.relkind = 'r'
    AND l.relreplident <> 'f' AND NOT COALESCE((
      SELECT array_agg(a.attname::text) @> $2::text[] FROM pg_index x
      JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = ANY ((x.indkey::int2[])[0:x.indnkeyatts - 1])
      WHERE x.indrelid = l.oid AND x.indisvalid AND x.indimmediate
        AND CASE l.relreplident WHEN 'i' THEN x.indisreplident WHEN 'n' THEN false ELSE x.indisprimary END), false)`;

/** The condition as a constraint of a table that is never there for anybody else. */
const asConstraint = (where: string): string =>
  `ALTER TABLE pg_temp.${scratch} ADD CONSTRAINT ${scratch} CHECK (${where}\n)`;

const description = `
  SELECT pg_get_expr(c.conbin, c.conrelid) AS text,
    COALESCE((SELECT json_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)), '[]')
      AS columns
  FROM pg_constraint c WHERE c.conname = '${scratch}' AND c.conrelid = 'pg_temp.${scratch}'::regclass`;

const understand = async (
  session: PostgresSession,
  { facts }: SelectedTable,
  where: string,
  signal: AbortSignal,
): Promise<RowFilter> => {
  const options = { signal, doing };
  const like = `LIKE ${quoteQualified(facts.schema, facts.table)}`;
  try {
    await session.script(`BEGIN; CREATE TEMPORARY TABLE ${scratch} (${like})`, options);
    await session.query(asConstraint(where), [], options);
    const { rows } = await session.query<{ text: string; columns: string }>(description, [], options);
    const { text = null, columns = '[]' } = rows[0] ?? {};
    const names: readonly string[] = JSON.parse(columns);
    const lacking = await session.query(unidentified, [String(facts.oid), names], options);
    return { text, isIdentified: lacking.rows.length === 0, problem: null };
  } catch (error) {
    if (!(error instanceof MillraceError) || !/^(0A|22|42)/.test(sqlstateOf(error) ?? '')) throw error;
    return { text: null, isIdentified: true, problem: error.message };
  } finally {
    await session.query('ROLLBACK', [], options);
  }
};

/** Where nothing can be made to ask the server, a condition has to be written as the catalog has it. */
const unasked = (where: string): RowFilter => ({
  text: /^\(.*\)$/s.test(where) ? where : `(${where})`,
  isIdentified: true,
  problem: null,
});

/** What the server makes of the conditions. It is left as it is. */
export const readRowFilters = async (
  session: PostgresSession,
  tables: readonly SelectedTable[],
  { version, inRecovery }: { readonly version: number; readonly inRecovery: boolean },
  signal: AbortSignal,
): Promise<RowFilters> => {
  const filters = new Map<string, RowFilter>();
  for (const table of tables) {
    const { facts, where } = table;
    if (where === null) continue;
    const name = qualifiedName(facts);
    if (version < firstWithFilters)
      filters.set(name, { text: null, isIdentified: true, problem: 'PostgreSQL has row filters from version 15 on' });
    else filters.set(name, inRecovery ? unasked(where) : await understand(session, table, where, signal));
  }
  return filters;
};
