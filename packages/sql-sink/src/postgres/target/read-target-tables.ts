import type { Relation } from '@millrace/core';
import { qualifiedName } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import type { TargetTable } from './target-table.ts';

/** One row for each table that exists: `(schema, table, description)`, the description as JSON. */
const query = `
SELECT n.nspname AS schema, c.relname AS table, json_build_object(
  'oid', c.oid::text, 'schema', n.nspname, 'table', c.relname, 'kind', c.relkind,
  'interferes', EXISTS (
    SELECT FROM pg_trigger g
    WHERE (g.tgrelid = c.oid OR g.tgrelid IN (SELECT relid FROM pg_partition_tree(c.oid)))
      AND NOT g.tgisinternal AND g.tgenabled IN ('A', w.fires)
  ) OR EXISTS (
    SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_enabled IN ('A', w.fires)
  ) OR EXISTS (
    SELECT FROM pg_trigger g JOIN pg_constraint f ON f.oid = g.tgconstraint
    WHERE g.tgrelid = c.oid AND f.contype = 'f' AND g.tgenabled IN ('A', w.fires)
      AND (f.confdeltype IN ('c', 'n', 'd') OR f.confupdtype IN ('c', 'n', 'd'))
  ),
  'foreignPartitions', EXISTS (
    SELECT FROM pg_partition_tree(c.oid) p JOIN pg_class pc ON pc.oid = p.relid WHERE pc.relkind = 'f'
  ),
  'infiniteIntervals', current_setting('server_version_num')::integer >= 170000,
  'primaryKey', (
    SELECT json_build_object('name', k.conname, 'columns', (
      SELECT json_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (k.conkey)))
    FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p'
  ),
  'columns', COALESCE((
    SELECT json_agg(json_build_object(
      'name', a.attname,
      'type', format_type(a.atttypid, a.atttypmod),
      'typeReference', quote_ident(tn.nspname) || '.' || quote_ident(t.typname),
      'notNull', a.attnotnull, 'default', (
        SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
        WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''),
      'identity', a.attidentity, 'generated', a.attgenerated <> '',
      'deterministic', COALESCE(l.collisdeterministic, true)
    ) ORDER BY a.attnum)
    FROM pg_attribute a
    JOIN pg_type t ON t.oid = a.atttypid
    JOIN pg_namespace tn ON tn.oid = t.typnamespace
    LEFT JOIN pg_collation l ON l.oid = a.attcollation
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]'),
  'uniqueIndexes', COALESCE((
    SELECT json_agg((
      SELECT json_agg(json_build_object('name', a.attname, 'equals', (
        SELECT CASE WHEN onsp.nspname = 'pg_catalog' THEN o.oprname
               ELSE 'OPERATOR(' || quote_ident(onsp.nspname) || '.' || o.oprname || ')' END
        FROM pg_opclass oc
        JOIN pg_amop m ON m.amopfamily = oc.opcfamily AND m.amopstrategy = 3
          AND m.amoplefttype = oc.opcintype AND m.amoprighttype = oc.opcintype
        JOIN pg_operator o ON o.oid = m.amopopr
        JOIN pg_namespace onsp ON onsp.oid = o.oprnamespace
        WHERE oc.oid = i.indclass[k.position]
      )) ORDER BY k.position)
      FROM generate_series(0, i.indnkeyatts - 1) AS k(position)
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[k.position]))
    FROM pg_index i
    JOIN pg_class ic ON ic.oid = i.indexrelid
    JOIN pg_am am ON am.oid = ic.relam AND am.amname = 'btree'
    WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
      AND i.indpred IS NULL AND i.indexprs IS NULL), '[]')
) AS description
FROM (SELECT *, CASE current_setting('session_replication_role') WHEN 'replica' THEN 'R' ELSE 'O' END AS fires
  FROM unnest($1::text[], $2::text[]) AS names(schema, name)) AS w
JOIN pg_namespace n ON n.nspname = w.schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name`;

/** What the target has of these tables, by `schema.table`; a table that does not exist is not in the map. */
export const readTargetTables = async (
  session: PostgresSession,
  relations: readonly Pick<Relation, 'schema' | 'table'>[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, TargetTable>> => {
  const { rows } = await session.query<{ description: string }>(
    query,
    [relations.map(({ schema }) => schema), relations.map(({ table }) => table)],
    { signal, doing: 'read the catalog of the target' },
  );
  return new Map(
    rows.map(({ description }) => {
      const table: TargetTable = JSON.parse(description);
      return [qualifiedName(table), table];
    }),
  );
};
