import type { PostgresSession } from '@millrace/postgres-client';
import { withResolvedDomains } from './resolved-domains.ts';
import type { TableFacts } from './table-facts.ts';

export interface ColumnType {
  /** The type whose text and binary form its values have: of a domain what it is over, of an enum `text`. */
  readonly standsFor: number;
  /** Of a domain the modifier that it gives to what it is over; -1: none. */
  readonly modifier: number;
  /** Of an array what its elements are. */
  readonly element: ElementType | null;
}

interface ElementType {
  /** As the binary form of an array says it. */
  readonly oid: number;
  /** Of a domain the type that it is over, otherwise the type itself. */
  readonly base: number;
  /** `base` as the server writes it. */
  readonly native: string;
  readonly standsFor: number;
  /** What stands between two of them. */
  readonly delimiter: string;
  /** The type of the arrays as the server writes it. */
  readonly array: string;
}

interface Row {
  readonly type: string;
  readonly stands_for: string;
  readonly modifier: number;
  readonly element: string | null;
  readonly element_base: string;
  readonly element_native: string;
  readonly element_stands_for: string;
  readonly delimiter: string;
  readonly array: string;
}

/** The first oid that is not built in (PostgreSQL source, `FirstNormalObjectId`). */
const firstOwn = 16_384;

/** An enum is sent as its label. A type such as `citext` borrows the functions of `text`. */
const standsFor = (type: string): string => `CASE WHEN ${type}.typtype = 'e' OR EXISTS (
      SELECT FROM pg_proc o, pg_proc s
      WHERE o.oid = ${type}.typoutput AND o.prosrc = 'textout' AND o.prolang = l.oid
        AND s.oid = ${type}.typsend AND s.prosrc = 'textsend' AND s.prolang = l.oid
    ) THEN 'pg_catalog.text'::regtype::oid ELSE ${type}.oid END`;

// A domain is sent as what it is over.
const query = (types: string): string => `${withResolvedDomains}, used AS (
    SELECT a.type, COALESCE(r.type, a.type) AS base, COALESCE(r.modifier, -1) AS modifier
    FROM (${types}) a LEFT JOIN resolved r ON r.domain = a.type
  )
  SELECT u.type, ${standsFor('t')} AS stands_for, u.modifier, e.oid AS element, b.oid AS element_base,
    format_type(b.oid, NULL) AS element_native, ${standsFor('b')} AS element_stands_for, e.typdelim AS delimiter,
    format_type(t.oid, NULL) AS array
  FROM used u JOIN pg_type t ON t.oid = u.base JOIN pg_language l ON l.lanname = 'internal'
    LEFT JOIN pg_type e ON e.oid = t.typelem AND e.typarray = t.oid LEFT JOIN resolved d ON d.domain = e.oid
    LEFT JOIN pg_type b ON b.oid = COALESCE(d.type, e.oid)`;

// With every domain that may have a modifier: a column may get it any time, and the log does not say the modifier.
const ofTables = query(`SELECT atttypid AS type FROM pg_attribute
  WHERE attrelid = ANY ($1::oid[]) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
  UNION SELECT m.domain FROM resolved m JOIN pg_type o ON o.oid = m.type WHERE o.oid < ${firstOwn} AND o.typmodin <> 0`);

const ofTypes = query('SELECT DISTINCT unnest($1::oid[]) AS type');

const elementOf = (row: Row): ElementType | null =>
  row.element === null
    ? null
    : {
        oid: Number(row.element),
        base: Number(row.element_base),
        native: row.element_native,
        standsFor: Number(row.element_stands_for),
        delimiter: row.delimiter,
        array: row.array,
      };

/**
 * The types of the columns that the log carries of these tables, and domains that they may come to have (PostgreSQL manual,
 * "pg_type"). What is said of a type holds as long as there is one of its oid.
 */
export const readColumnTypes = (
  session: PostgresSession,
  tables: readonly TableFacts[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<number, ColumnType>> =>
  read(
    session,
    ofTables,
    tables.map(({ oid }) => String(oid)),
    signal,
  );

/** The same of types by their oids. */
export const readTypes = (
  session: PostgresSession,
  types: readonly number[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<number, ColumnType>> => read(session, ofTypes, types.map(String), signal);

const read = async (
  session: PostgresSession,
  text: string,
  oids: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, ColumnType>> => {
  const { rows } = await session.query<Row>(text, [oids], { signal, doing: 'look at the types of the columns' });
  return new Map(
    rows.map((row) => {
      const { type, stands_for, modifier } = row;
      return [Number(type), { standsFor: Number(stands_for), modifier, element: elementOf(row) }];
    }),
  );
};
