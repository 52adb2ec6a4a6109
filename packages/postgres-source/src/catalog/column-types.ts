import type { PostgresSession } from '@millrace/postgres-client';
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
const query = `
  WITH RECURSIVE base(type, stands_for, modifier) AS (
    SELECT DISTINCT atttypid, atttypid, -1 FROM pg_attribute
    WHERE attrelid = ANY ($1::oid[]) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    UNION ALL
    SELECT b.type, t.typbasetype, GREATEST(b.modifier, t.typtypmod) FROM base b JOIN pg_type t ON t.oid = b.stands_for WHERE t.typtype = 'd'
  )
  SELECT b.type, CASE WHEN t.typtype = 'e' OR EXISTS (
      SELECT FROM pg_proc o, pg_proc s
      WHERE o.oid = t.typoutput AND o.prosrc = 'textout' AND o.prolang = l.oid
        AND s.oid = t.typsend AND s.prosrc = 'textsend' AND s.prolang = l.oid
    ) THEN 'pg_catalog.text'::regtype::oid ELSE t.oid END AS stands_for, b.modifier
  FROM base b JOIN pg_type t ON t.oid = b.stands_for JOIN pg_language l ON l.lanname = 'internal'
  WHERE t.typtype <> 'd'`;

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
