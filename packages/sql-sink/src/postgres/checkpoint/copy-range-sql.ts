import type { RangeProgress } from '@millrace/core';
import { quoteLiteral, quoteQualified } from '@millrace/postgres-client';
import { currentLayout, layoutComment } from './checkpoint-sql.ts';

/** Whose ranges: those of one stream in one sink. */
export interface CopyName {
  readonly schema: string;
  readonly stream: string;
  readonly sink: string;
}

/** Where the progress of copies lies, as SQL: apart from the checkpoint, so that chunks do not wait for each other. */
export const copyRangeTable = (schema: string): string => quoteQualified(schema, 'copy_range');

/** Ends of ranges may be open, so that there is no key; one connection at a time writes a range. */
export const createCopyRangeTable = (schema: string): string => {
  const table = copyRangeTable(schema);
  return `CREATE TABLE ${table} (
  stream text NOT NULL,
  sink text NOT NULL,
  table_name text NOT NULL,
  range_from text,
  range_to text,
  cursor text,
  done boolean NOT NULL,
  rows bigint NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX ON ${table} (stream, sink, table_name);
ALTER TABLE ${table} REPLICA IDENTITY FULL;
COMMENT ON TABLE ${table} IS ${quoteLiteral(layoutComment(currentLayout))}`;
};

const literal = (text: string | null): string => (text === null ? 'CAST(NULL AS text)' : quoteLiteral(text));

const belongsTo = ({ stream, sink }: CopyName): string =>
  `stream = ${quoteLiteral(stream)} AND sink = ${quoteLiteral(sink)}`;

/** Saves how far a range is. */
export const saveProgress = (name: CopyName, { table, range, cursor, done, rows }: RangeProgress): string => {
  const into = copyRangeTable(name.schema);
  const [from, to] = [literal(range.from), literal(range.to)];
  return `WITH moved AS (
  UPDATE ${into} SET cursor = ${literal(cursor)}, done = ${done}, rows = ${rows}
  WHERE ${belongsTo(name)} AND table_name = ${quoteLiteral(table)}
    AND range_from IS NOT DISTINCT FROM ${from} AND range_to IS NOT DISTINCT FROM ${to} RETURNING 1
) INSERT INTO ${into} (stream, sink, table_name, range_from, range_to, cursor, done, rows)
SELECT ${quoteLiteral(name.stream)}, ${quoteLiteral(name.sink)}, ${quoteLiteral(table)}, ${from}, ${to}, ${literal(cursor)}, ${done}, ${rows}
WHERE NOT EXISTS (SELECT FROM moved)`;
};

/** Forgets the ranges of these tables, or of all. */
export const removeProgress = (name: CopyName, tables: readonly string[] | null): string => {
  const some = tables === null ? '' : ` AND table_name IN (${tables.map(quoteLiteral).join(', ')})`;
  return `DELETE FROM ${copyRangeTable(name.schema)} WHERE ${belongsTo(name)}${some}`;
};

export const selectProgress = (name: CopyName): string =>
  `SELECT table_name AS table, range_from, range_to, cursor, done, rows FROM ${copyRangeTable(name.schema)} WHERE ${belongsTo(name)}`;
