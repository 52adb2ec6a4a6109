import { qualifiedName, type TableStorage } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';

interface Row {
  readonly id: string;
  readonly schema: string;
  readonly table: string;
  readonly heap: string;
  readonly columns: string;
}

/** The table `c` of `pg_class` and its partitions. */
const parts = 'SELECT c.oid UNION SELECT relid FROM pg_partition_tree(c.oid)';

/**
 * `TableStorage.heap` of the table `c` of `pg_class`, as SQL. A column that is computed no more is new to the log, and has
 * values.
 */
export const heap = `concat_ws(' ', (
  SELECT string_agg(p.relfilenode::text, ' ' ORDER BY p.oid) FROM pg_class p WHERE p.oid IN (${parts})
), (
  SELECT 'computed ' || string_agg(a.attnum::text, ' ' ORDER BY a.attnum)
  FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attgenerated <> '' AND NOT a.attisdropped
))`;

/**
 * The fields of `ColumnStorage` for the column `a` of `pg_attribute` of the table `c`, as arguments of `json_build_object`. A
 * column that was added with a constant default is not written into the rows that are there (PostgreSQL manual,
 * "pg_attribute", atthasmissing). Of a partitioned table the partitions say so.
 */
export const columnStorage = `
  'id', a.attnum::text,
  'revision', a.xmin::text,
  'fill', (
    SELECT (l.attmissingval::text::text[])[1] FROM pg_attribute l
    WHERE l.attname = a.attname AND l.atthasmissing AND l.attrelid IN (${parts}) LIMIT 1
  ),
  'nullable', NOT a.attnotnull,
  'default', (
    SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum
  )`;

/** The columns of the table `c` that have rows. */
export const storedColumns = `a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''`;

const query = `
  SELECT c.oid::text AS id, n.nspname AS schema, c.relname AS "table", ${heap} AS heap,
    (SELECT json_object_agg(a.attname, json_build_object(${columnStorage})) FROM pg_attribute a WHERE ${storedColumns})
      AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname || '.' || c.relname = ANY ($1) AND c.relkind IN ('r', 'p')`;

/** As `Source.describeStorage`. */
export const readTableStorage = async (
  session: PostgresSession,
  tables: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, TableStorage>> => {
  const { rows } = await session.query<Row>(query, [tables], { signal, doing: 'look at the storage of tables' });
  return new Map(
    rows.map((row) => [qualifiedName(row), { id: row.id, heap: row.heap, columns: JSON.parse(row.columns ?? '{}') }]),
  );
};
