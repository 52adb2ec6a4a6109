import { qualifiedName, type Relation } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';

/** What a table of the target has already. */
export interface ExistingStructure {
  readonly kind: string;
  /** Whether each index is valid, by name; without that of the primary key. */
  readonly indexes: Readonly<Record<string, boolean>>;
  /** Whether each constraint was checked for every row, by name. */
  readonly constraints: Readonly<Record<string, boolean>>;
  /** Columns with a value of their own: a default, an identity, or computed. */
  readonly values: readonly string[];
  /** Columns with a comment; `null` is the table itself. */
  readonly comments: readonly (string | null)[];
}

export const newTable: ExistingStructure = { kind: 'r', indexes: {}, constraints: {}, values: [], comments: [] };

const query = `
SELECT n.nspname AS schema, c.relname AS "table", json_build_object(
  'kind', c.relkind,
  'indexes', COALESCE((SELECT json_object_agg(ic.relname, i.indisvalid) FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
    WHERE i.indrelid = c.oid AND NOT i.indisprimary), '{}'),
  'constraints', COALESCE((SELECT json_object_agg(k.conname, k.convalidated) FROM pg_constraint k
    WHERE k.conrelid = c.oid AND k.contype IN ('u', 'x', 'c', 'f')), '{}'),
  'values', COALESCE((SELECT json_agg(a.attname) FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND (a.atthasdef OR a.attidentity <> '')), '[]'),
  'comments', COALESCE((SELECT json_agg(a.attname) FROM pg_description d
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0
    WHERE d.classoid = 'pg_class'::regclass AND d.objoid = c.oid), '[]')
) AS description
FROM unnest($1::text[], $2::text[]) AS w(schema, name)
JOIN pg_namespace n ON n.nspname = w.schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name`;

/** By the name at the target; a table that does not exist is not in the map. */
export const readExistingStructure = async (
  session: PostgresSession,
  relations: readonly Relation[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ExistingStructure>> => {
  const names = [relations.map(({ schema }) => schema), relations.map(({ table }) => table)];
  const doing = 'look at indexes and constraints of the target';
  const { rows } = await session.query<{ schema: string; table: string; description: string }>(query, names, {
    signal,
    doing,
  });
  return new Map(rows.map((row) => [qualifiedName(row), JSON.parse(row.description)]));
};
