import { qualifiedName } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { quoteIdentifier } from '@millrace/postgres-client';
import type { TablePlan } from './table-plan.ts';

/** One value that a unique index compares. */
interface KeyTerm {
  /** A column or an expression over the table's columns, which it does not qualify. */
  readonly sql: string;
  readonly equals: string;
  /** ` COLLATE …`, or empty. */
  readonly collate: string;
}

/**
 * A unique index of the target beside the key by which rows are told apart. While a table is copied, rows of different
 * moments may hold the same value of it; one of them has to give way.
 */
export interface SecondaryKey {
  /** Of the index. */
  readonly name: string;
  readonly terms: readonly KeyTerm[];
  /** Which rows the index holds; `null`: all. */
  readonly predicate: string | null;
  /** The names of the columns it depends on. */
  readonly columns: readonly string[];
  /** NULL is a value like any other. */
  readonly nullsEqual: boolean;
  /** It compares columns and nothing else, for every row. */
  readonly isPlain: boolean;
}

const query = `
SELECT json_build_object(
  'name', (SELECT relname FROM pg_class WHERE oid = i.indexrelid),
  'predicate', pg_get_expr(i.indpred, i.indrelid),
  'isPlain', i.indpred IS NULL AND i.indexprs IS NULL,
  'nullsEqual', COALESCE(to_jsonb(i) ->> 'indnullsnotdistinct', 'false') = 'true',
  'columns', (
    SELECT json_agg(a.attname) FROM pg_attribute a
    WHERE a.attrelid = i.indrelid AND (a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]) OR a.attnum IN (
      SELECT d.refobjsubid FROM pg_depend d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
        AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid
        AND (i.indpred IS NOT NULL OR i.indexprs IS NOT NULL)))
      AND a.attnum > 0),
  'terms', (
    SELECT json_agg(json_build_object(
      'sql', '(' || pg_get_indexdef(i.indexrelid, k.position + 1, true) || ')',
      'equals', (
        SELECT CASE WHEN n.nspname = 'pg_catalog' THEN o.oprname
               ELSE 'OPERATOR(' || quote_ident(n.nspname) || '.' || o.oprname || ')' END
        FROM pg_opclass oc
        JOIN pg_amop m ON m.amopfamily = oc.opcfamily AND m.amopstrategy = 3
          AND m.amoplefttype = oc.opcintype AND m.amoprighttype = oc.opcintype
        JOIN pg_operator o ON o.oid = m.amopopr
        JOIN pg_namespace n ON n.oid = o.oprnamespace
        WHERE oc.oid = i.indclass[k.position]),
      'collate', COALESCE((
        SELECT ' COLLATE ' || quote_ident(n.nspname) || '.' || quote_ident(l.collname)
        FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace
        WHERE l.oid = i.indcollation[k.position]), '')
    ) ORDER BY k.position)
    FROM generate_series(0, i.indnkeyatts - 1) AS k(position))
) AS description
FROM pg_index i
WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisready`;

/**
 * The unique indexes under which a row of another key may be in the way. An index that holds the whole key never is;
 * for one over columns that the stream does not write nobody can tell.
 */
export const readSecondaryKeys = async (
  session: PostgresSession,
  { oid, relation, key, written }: TablePlan,
  signal: AbortSignal,
): Promise<readonly SecondaryKey[]> => {
  const doing = `read the unique indexes of ${qualifiedName(relation)}`;
  const { rows } = await session.query<{ description: string }>(query, [oid], { signal, doing });
  const names = new Set(written.map(({ name }) => name));
  return rows
    .map(({ description }): SecondaryKey => JSON.parse(description))
    .filter(({ columns, isPlain }) => !isPlain || !key?.every(({ name }) => columns.includes(name)))
    .filter(({ columns }) => columns.every((name) => names.has(name)));
};

/** Whether it depends on one of these columns. */
export const dependsOn = (secondary: SecondaryKey, columns: readonly { readonly name: string }[]): boolean =>
  columns.some(({ name }) => secondary.columns.includes(name));

/**
 * The condition for rows that hold what the only row of the query `next` will hold. Names in the terms are those of
 * whatever is asked: they are not qualified.
 */
export const holdsValuesOf = ({ terms, predicate, nullsEqual }: SecondaryKey, next: string): string => {
  const only = predicate === null ? '' : ` WHERE (${predicate})`;
  const conditions = terms.map(({ sql, equals, collate }) => {
    const equal = `${sql} ${equals} (SELECT ${sql} FROM ${next}${only})${collate}`;
    if (!nullsEqual) return equal;
    const isNull = `EXISTS (SELECT FROM (SELECT ${sql} AS term FROM ${next}${only}) AS one WHERE term IS NULL)`;
    return `(${equal} OR (${sql} IS NULL AND ${isNull}))`;
  });
  if (predicate !== null) conditions.push(`(${predicate})`);
  return conditions.join(' AND ');
};

/** As `holdsValuesOf` for any number of rows, whose terms have these names in the query `next`. */
export const holdsStagedValues = ({ terms, predicate, nullsEqual }: SecondaryKey, next: string): string => {
  const conditions = terms.map(({ sql, equals, collate }, at) => {
    const staged = `${next}.${stagedTerm(at)}`;
    const equal = `${sql} ${equals} ${staged}${collate}`;
    return nullsEqual ? `(${equal} OR (${sql} IS NULL AND ${staged} IS NULL))` : equal;
  });
  if (predicate !== null) conditions.push(`(${predicate})`);
  return conditions.join(' AND ');
};

/** The name of a term; no table has a column of that name by chance. */
export const stagedTerm = (at: number): string => quoteIdentifier(`millrace: term ${at}`);
