import { qualifiedName, type TableStorage } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';

interface Row {
  readonly id: string;
  readonly schema: string;
  readonly table: string;
  readonly heap: string;
  readonly parts: string | null;
  readonly columns: string;
}

/** The table `c` of `pg_class` and its partitions. */
const tree = 'SELECT c.oid UNION SELECT relid FROM pg_partition_tree(c.oid)';

/**
 * `TableStorage.heap` of the table `c` of `pg_class`, as SQL; that of a partitioned table is where its partitions are. A column
 * that is computed no more is new to the log, and has values.
 */
export const heap = `concat_ws(' ', c.relfilenode, (
  SELECT 'computed ' || string_agg(a.attnum::text, ' ' ORDER BY a.attnum)
  FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attgenerated <> '' AND NOT a.attisdropped
))`;

/**
 * `TableStorage.parts` of the table `c` of `pg_class`, as SQL: its partitions, with the transactions that made them partitions.
 * One that was made as a partition has got its rows through the log. Rows of `pg_attribute` for system columns (`a`) are written by
 * the statement that makes the table, and never again. `isAttached`: whether the row `i` of `pg_inherits`, which is of the same
 * transaction, counts as another statement's nevertheless.
 */
export const partsOf = (isAttached: string): string => `CASE c.relkind WHEN 'p' THEN (
  SELECT coalesce(json_object_agg(p.id, json_build_object(
    'heap', p.heap, 'hadRows', p.attached AND coalesce(pg_relation_size(p.relid) > 0, false)
  )), '{}')
  FROM (
    SELECT t.relid, k.relfilenode::text AS heap, bool_or(i.xmin <> a.xmin OR ${isAttached}) AS attached,
      concat_ws(' ', t.relid::oid, string_agg(i.xmin::text, ' ' ORDER BY i.inhrelid)) AS id
    FROM pg_partition_tree(c.oid) t
      JOIN pg_class k ON k.oid = t.relid
      CROSS JOIN pg_partition_ancestors(t.relid) l
      JOIN pg_inherits i ON i.inhrelid = l.relid
      JOIN pg_attribute a ON a.attrelid = i.inhrelid AND a.attname = 'ctid'
    WHERE t.isleaf AND l.relid NOT IN (SELECT relid FROM pg_partition_ancestors(c.oid))
    GROUP BY t.relid, k.relfilenode
  ) p
) END`;

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
    WHERE l.attname = a.attname AND l.atthasmissing AND l.attrelid IN (${tree}) LIMIT 1
  ),
  'nullable', NOT a.attnotnull,
  'default', (
    SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum
  )`;

/** The columns of the table `c` that have rows. */
export const storedColumns = `a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''`;

const query = `
  SELECT c.oid::text AS id, n.nspname AS schema, c.relname AS "table", ${heap} AS heap, ${partsOf('false')} AS parts,
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
    rows.map(({ id, heap, parts, columns, ...row }) => [
      qualifiedName(row),
      { id, heap, ...(parts === null ? {} : { parts: JSON.parse(parts) }), columns: JSON.parse(columns ?? '{}') },
    ]),
  );
};
