import type { PostgresSession } from '@millrace/postgres-client';
import { withResolvedDomains } from './resolved-domains.ts';
import type { TableFacts } from './table-facts.ts';

export interface ColumnType {
  /** The type whose text and binary form its values have: of a domain what it is over, of an enum `text`. */
  readonly standsFor: number;
  /** Of a domain the modifier that it gives to what it is over; -1: none. */
  readonly modifier: number;
}

interface Row {
  readonly type: string;
  readonly stands_for: string;
  readonly modifier: number;
}

// A domain is sent as what it is over, and an enum as its label. A type such as `citext` borrows the functions of `text`.
const query = `${withResolvedDomains}, used AS (
    SELECT DISTINCT a.atttypid AS type, COALESCE(r.type, a.atttypid) AS base, COALESCE(r.modifier, -1) AS modifier
    FROM pg_attribute a LEFT JOIN resolved r ON r.domain = a.atttypid
    WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  )
  SELECT u.type, CASE WHEN t.typtype = 'e' OR EXISTS (
      SELECT FROM pg_proc o, pg_proc s
      WHERE o.oid = t.typoutput AND o.prosrc = 'textout' AND o.prolang = l.oid
        AND s.oid = t.typsend AND s.prosrc = 'textsend' AND s.prolang = l.oid
    ) THEN 'pg_catalog.text'::regtype::oid ELSE t.oid END AS stands_for, u.modifier
  FROM used u JOIN pg_type t ON t.oid = u.base JOIN pg_language l ON l.lanname = 'internal'`;

/**
 * The types of the columns that the log carries of these tables (PostgreSQL manual, "pg_type"). What is said of a type
 * holds as long as there is one of its oid.
 */
export const readColumnTypes = async (
  session: PostgresSession,
  tables: readonly TableFacts[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<number, ColumnType>> => {
  const oids = tables.map(({ oid }) => String(oid));
  const { rows } = await session.query<Row>(query, [oids], { signal, doing: 'look at the types of the columns' });
  return new Map(
    rows.map(({ type, stands_for, modifier }) => [Number(type), { standsFor: Number(stands_for), modifier }]),
  );
};
