import type { PostgresSession } from '@millrace/postgres-client';

export interface MembershipRequest {
  readonly publications: readonly string[];
  /** By qualified name. */
  readonly tables: readonly string[];
  /** Of the server, e.g. 140012. */
  readonly version: number;
}

const ofTables = 'SELECT r.oid, r.prpubid AS publication, r.prrelid AS relation FROM pg_publication_rel r';

/** Publications of whole schemas exist since PostgreSQL 15. */
const ofSchemas = `SELECT s.oid, s.pnpubid, t.oid FROM pg_publication_namespace s JOIN pg_class t ON t.relnamespace = s.pnnspid`;

const query = (version: number): string => `
  SELECT n.nspname || '.' || c.relname AS "table", string_agg(m.oid::text, ' ' ORDER BY m.oid) AS ids
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (SELECT c.oid UNION SELECT relid FROM pg_partition_ancestors(c.oid)) a(oid)
    JOIN (${version < 150_000 ? ofTables : `${ofTables} UNION ALL ${ofSchemas}`}) m ON m.relation = a.oid
    JOIN pg_publication p ON p.oid = m.publication
  WHERE p.pubname = ANY ($1) AND n.nspname || '.' || c.relname = ANY ($2)
  GROUP BY 1`;

/**
 * What puts tables, by qualified name, into publications: other texts when they were taken out and put back. None of those that are
 * there with all others, or not at all.
 */
export const readMemberships = async (
  session: PostgresSession,
  { publications, tables, version }: MembershipRequest,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> => {
  const doing = 'look at what is published';
  const { rows } = await session.query<{ table: string; ids: string }>(query(version), [publications, tables], {
    signal,
    doing,
  });
  return new Map(rows.map(({ table, ids }) => [table, ids]));
};
