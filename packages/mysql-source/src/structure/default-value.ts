import type { DefaultValue } from '@millrace/core';
import { literalText } from '../schema/changes/fill-text.ts';
import type { ColumnDefinition } from '../schema/table-definition.ts';

/** What the catalog says of the default of a column. */
export interface CatalogDefault {
  readonly kind: 'mysql' | 'mariadb';
  /** MySQL: the text of a constant, or SQL; MariaDB: SQL. */
  readonly text: string;
  /** As `EXTRA`. */
  readonly extra: string;
}

const now = /^(?:current_timestamp|now)(?:\(\d*\))?$/i;

const quoted = (text: string): string => `'${text.replace(/['\\]/g, '$&$&')}'`;

const isExpression = ({ kind, extra }: CatalogDefault): boolean =>
  kind === 'mysql' && /\bDEFAULT_GENERATED\b/i.test(extra);

/** The default as SQL. */
export const defaultSql = (given: CatalogDefault, { type }: Pick<ColumnDefinition, 'type'>): string => {
  const { kind, text } = given;
  const isNow = now.test(text) && /^(?:timestamp|datetime)/.test(type);
  return kind === 'mariadb' || isExpression(given) || type.startsWith('bit') || isNow ? text : quoted(text);
};

/** What the default of a column is; `null`: nobody can tell but its server. */
export const defaultValue = (
  given: CatalogDefault,
  column: Pick<ColumnDefinition, 'type' | 'collation'>,
): DefaultValue | null => {
  const sql = defaultSql(given, column);
  const onUpdate = /\bon update\b/i.test(given.extra);
  if (now.test(sql)) return { kind: 'now', onUpdate };
  // Catalogs say a question mark for every character of more than three bytes.
  if (onUpdate || sql.includes('?') || isExpression(given)) return null;
  const text = literalText(sql, column);
  return text === undefined ? null : { kind: 'constant', text };
};
