import { createHash } from 'node:crypto';
import type { RangeProgress } from '@millrace/core';
import { quoteLiteral, quoteQualified, type ServerVersion } from '@millrace/mysql-client';
import { belongsTo, type RowName, tableOptions } from './checkpoint-sql.ts';

/** Where the progress of copies lies, as SQL: apart from the checkpoint, so that chunks do not wait for each other. */
export const copyRangeTable = (schema: string): string => quoteQualified(schema, 'copy_range');

/** Ends of ranges may be open, and long, so that a digest is the key. */
export const createCopyRangeTable = (schema: string, server: ServerVersion): string =>
  `CREATE TABLE IF NOT EXISTS ${copyRangeTable(schema)} (
  digest char(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  stream varchar(255) NOT NULL,
  sink varchar(255) NOT NULL,
  table_name varchar(255) NOT NULL,
  range_from longtext,
  range_to longtext,
  \`cursor\` longtext,
  done tinyint NOT NULL,
  \`rows\` bigint NOT NULL,
  PRIMARY KEY (digest),
  KEY (stream, sink)
) ${tableOptions(server)}`;

const literal = (text: string | null): string => (text === null ? 'NULL' : quoteLiteral(text));

/** Saves how far a range is. */
export const saveProgress = (name: RowName, { table, range, cursor, done, rows }: RangeProgress): string => {
  const { schema, stream, sink } = name;
  const key = JSON.stringify([stream, sink, table, range.from, range.to]);
  const digest = createHash('sha1').update(key).digest('hex');
  const moved = { cursor: literal(cursor), done: Number(done), rows };
  const texts = [digest, stream, sink, table, range.from, range.to].map(literal).join(', ');
  return `INSERT INTO ${copyRangeTable(schema)} (digest, stream, sink, table_name, range_from, range_to, \`cursor\`, done, \`rows\`)
VALUES (${texts}, ${moved.cursor}, ${moved.done}, ${moved.rows})
ON DUPLICATE KEY UPDATE \`cursor\` = ${moved.cursor}, done = ${moved.done}, \`rows\` = ${moved.rows}`;
};

/** Forgets the ranges of these tables, or of all. */
export const removeProgress = (name: RowName, tables: readonly string[] | null): string => {
  const some = tables === null ? '' : ` AND table_name IN (${tables.map(quoteLiteral).join(', ')})`;
  return `DELETE FROM ${copyRangeTable(name.schema)} WHERE ${belongsTo(name)}${some}`;
};

export const selectProgress = (name: RowName): string =>
  `SELECT table_name AS \`table\`, range_from, range_to, \`cursor\`, done, \`rows\` FROM ${copyRangeTable(name.schema)} WHERE ${belongsTo(name)}`;
