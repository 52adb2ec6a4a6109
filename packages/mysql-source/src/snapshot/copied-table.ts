import { createHash } from 'node:crypto';
import { capturedOperations, qualifiedName, type SelectedTable } from '@millrace/core';
import { errnoOf, quoteLiteral, quoteQualified, type ScriptSession, type TextRows } from '@millrace/mysql-client';
import type { SchemaSettings } from '../schema/model/schema-settings.ts';
import { readDefinition } from '../schema/read-definitions.ts';
import type { TableDefinition } from '../schema/table-definition.ts';
import type { ZeroDates } from '../values/zero-dates.ts';
import { CopiedFormat } from './copied-format.ts';
import { type KeyColumn, keyColumn } from './key-column.ts';

/** A table as it is read beside the log. */
export interface CopiedTable {
  readonly definition: TableDefinition;
  readonly format: CopiedFormat;
  /** The table as SQL. */
  readonly from: string;
  /** What tells its rows apart; empty: nothing does. */
  readonly key: readonly KeyColumn[];
  /** The key is the primary one: rows lie in its order. */
  readonly isClustered: boolean;
  /**
   * It can be read in pieces, over which the log is replayed: it has a key of whole columns, and its updates are captured.
   * No index has rows in the order of a key of parts of columns: each piece would sort all of them.
   */
  readonly convergent: boolean;
  /** Another one if it may be another table, or has another shape. */
  readonly version: string;
  /** Estimates; `null`: not known. */
  readonly rows: number | null;
  readonly bytes: number | null;
}

export interface TableName {
  readonly schema: string;
  readonly table: string;
}

/**
 * Statements whose rows `versionOf` takes. In a transaction the first one keeps the table from being altered until that
 * ends, so that what the others say holds for whatever is read behind them.
 */
export const versionStatements = ({ schema, table }: TableName): readonly string[] => {
  const name = quoteQualified(schema, table);
  return [
    `SELECT 1 FROM ${name} LIMIT 0`,
    `SHOW CREATE TABLE ${name}`,
    `SELECT CREATE_TIME, TABLE_ROWS, DATA_LENGTH FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = ${quoteLiteral(schema)} AND TABLE_NAME = ${quoteLiteral(table)}`,
  ];
};

/** The server says at the next value of a counter where one stands. */
const counter = / AUTO_INCREMENT=\d+/;

export const versionOf = ([, shown, stored]: readonly TextRows[]): string => {
  const definition = shown?.[0]?.[1]?.replace(counter, '') ?? '';
  return createHash('sha256')
    .update(JSON.stringify([definition, stored?.[0]?.[0] ?? null]))
    .digest('hex')
    .slice(0, 16);
};

const primaryPrefix = `SELECT 1 FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?
  AND INDEX_NAME = 'PRIMARY' AND SUB_PART IS NOT NULL LIMIT 1`;

const count = (text: string | null | undefined): number | null => (text == null ? null : Number(text));

export interface CopiedTableRequest {
  readonly name: TableName;
  /** What the stream captures; empty: everything. */
  readonly selected: readonly SelectedTable[];
  readonly settings: SchemaSettings;
  readonly zeroDates: ZeroDates;
}

/** `1146`: there is no such table; `1049`: nor its database. */
export const isGone = (error: unknown): boolean => [1146, 1049].includes(errnoOf(error) ?? 0);

/** `1054`: a column is gone. */
export const isShapeError = (error: unknown): boolean => isGone(error) || errnoOf(error) === 1054;

/** The table as it is now; `null` when there is none. Throws `TYPE_UNREADABLE`. */
export const readCopiedTable = async (
  session: ScriptSession,
  { name, selected, settings, zeroDates }: CopiedTableRequest,
  signal: AbortSignal,
): Promise<CopiedTable | null> => {
  const doing = `look at ${qualifiedName(name)}`;
  const begun = ['START TRANSACTION READ ONLY', ...versionStatements(name)];
  const { rows } = await session.run({ statements: begun }, signal, doing);
  const definition = await readDefinition(session, settings, name);
  const [prefix] = await session.query(primaryPrefix, [name.schema, name.table]);
  await session.run({ statements: ['COMMIT'] }, signal, doing);
  if (definition === null) return null;
  const named = definition.primaryKey ?? definition.uniqueKeys?.[0] ?? [];
  const key = named.flatMap((one) => definition.columns.filter((column) => column.name === one).map(keyColumn));
  const [, , , stored] = rows;
  return {
    definition,
    format: new CopiedFormat(definition, zeroDates),
    from: quoteQualified(name.schema, name.table),
    key,
    isClustered: definition.primaryKey !== null,
    convergent:
      key.length > 0 &&
      prefix === undefined &&
      capturedOperations(selected, qualifiedName(name))?.has('update') === true,
    version: versionOf(rows.slice(1)),
    rows: count(stored?.[0]?.[1]),
    bytes: count(stored?.[0]?.[2]),
  };
};
