import type { PostgresSession } from '@millrace/postgres-client';
import type { TableFacts } from './table-facts.ts';

/** A table or partition of which our role cannot read every row. */
export interface UnreadableHeap {
  readonly schema: string;
  readonly table: string;
  /** `privilege`: it may not read it; `policy`: row-level security shows it some of the rows. */
  readonly reason: 'privilege' | 'policy';
}

interface Row {
  readonly schema: string;
  readonly table: string;
  readonly readable: string;
}

// A privilege on columns is not enough: rows are found by their place, which is a column of the table's own.
const query = `
  WITH heaps AS (
    SELECT DISTINCT h.oid FROM unnest($1::oid[]) t(oid)
    CROSS JOIN LATERAL (SELECT t.oid UNION SELECT relid FROM pg_partition_tree(t.oid)) h(oid)
  ), checked AS (
    SELECT n.nspname AS schema, c.relname AS "table", row_security_active(c.oid) AS secured,
      has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable
    FROM heaps h JOIN pg_class c ON c.oid = h.oid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p')
  )
  SELECT schema, "table", readable FROM checked WHERE secured OR NOT readable ORDER BY 1, 2`;

/** Those of the tables, with their partitions, that cannot be copied whole (PostgreSQL manual, "Row Security Policies"). */
export const readUnreadableHeaps = async (
  session: PostgresSession,
  tables: readonly TableFacts[],
  signal: AbortSignal,
): Promise<readonly UnreadableHeap[]> => {
  const oids = tables.map(({ oid }) => String(oid));
  const { rows } = await session.query<Row>(query, [oids], { signal, doing: 'look at the privileges to read' });
  return rows.map(({ schema, table, readable }) => ({
    schema,
    table,
    reason: readable === 't' ? 'policy' : 'privilege',
  }));
};
