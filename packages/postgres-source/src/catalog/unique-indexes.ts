import type { UniqueIndex } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import type { TableFacts } from './table-facts.ts';

// `indnullsnotdistinct` exists since PostgreSQL 15.
const query = `
  SELECT i.indrelid AS oid, json_build_object(
    'terms', (SELECT json_agg(pg_get_indexdef(i.indexrelid, place, true) ORDER BY place)
      FROM generate_series(1, i.indnkeyatts::int) place),
    'predicate', pg_get_expr(i.indpred, i.indrelid),
    'nullsEqual', COALESCE(to_jsonb(i) ->> 'indnullsnotdistinct', 'false') = 'true') AS description
  FROM pg_index i WHERE i.indrelid = ANY ($1::oid[]) AND i.indisunique AND i.indisvalid`;

/** The unique indexes of tables, the primary key among them, by oid (PostgreSQL manual, "pg_index"). */
export const readUniqueIndexes = async (
  session: PostgresSession,
  tables: readonly TableFacts[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<number, readonly UniqueIndex[]>> => {
  const oids = tables.map(({ oid }) => String(oid));
  const doing = 'look at the unique indexes';
  const { rows } = await session.query<{ oid: string; description: string }>(query, [oids], { signal, doing });
  const found = new Map<number, UniqueIndex[]>();
  for (const { oid, description } of rows)
    found.set(Number(oid), [...(found.get(Number(oid)) ?? []), JSON.parse(description)]);
  return found;
};
