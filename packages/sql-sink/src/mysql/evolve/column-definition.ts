import type { Column } from '@millrace/core';
import { quoteLiteral, type ServerVersion } from '@millrace/mysql-client';
import { partsOf } from '../target/bare-type.ts';
import { onUpdateOf } from '../target/on-update.ts';
import { valueForm } from '../values/value-form.ts';
import type { CatalogColumn } from './catalog-column.ts';

/** Types whose default is an expression, not a constant. */
export const needsExpression =
  /^(?:(?:tiny|medium|long)?(?:text|blob)|json|vector|geom|point|linestring|polygon|multi)/;

/** A text of the source as the default of a column of this type. Throws `VALUE_REJECTED` where it is no value of it. */
export const defaultClause = (text: string, source: Column, type: string): string => {
  const target = { dataType: partsOf(type).name, type };
  const literal = valueForm(source, target).literal(text);
  return needsExpression.test(type) ? `DEFAULT (${literal})` : `DEFAULT ${literal}`;
};

/** MySQL writes a constant without quotes, and an expression with those in it escaped; MariaDB both as SQL. */
const defaultOf = (column: CatalogColumn, { kind }: ServerVersion): string | null => {
  const { default: value, extra, dataType } = column;
  if (value === null || (kind === 'mariadb' && value === 'NULL')) return null;
  if (kind === 'mariadb') return value;
  if (/\bDEFAULT_GENERATED\b/.test(extra))
    return /^(?:current_timestamp|now)\b/i.test(value) ? value : `(${value.replace(/\\(.)/gs, '$1')})`;
  if (/^current_timestamp\b/i.test(value) && /^(?:timestamp|datetime)$/.test(dataType)) return value;
  const isSql = dataType === 'bit' || (/binary$/.test(dataType) && /^0x[\dA-F]*$/i.test(value));
  return isSql ? value : quoteLiteral(value);
};

const isNow = /^(?:current_timestamp|now)\b/i;
const isMoment = /^(?:timestamp|datetime)$/;
const isBits = /^(?:bit|(?:var)?binary)$/;

/** The time of now as a column of this type has it; `null`: it is none of a moment. */
const nowOf = (type: string): string | null => {
  const { name, first } = partsOf(type);
  if (!isMoment.test(name)) return null;
  return first === null || first === 0 ? 'CURRENT_TIMESTAMP' : `CURRENT_TIMESTAMP(${first})`;
};

/** The text of a constant; `null`: it is an expression, or bytes. */
const constantOf = (written: string): string | null => {
  if (/^-?\d[\d.]*$/.test(written)) return written;
  if (!/^'(?:[^'\\]|''|\\.)*'$/s.test(written)) return null;
  return written.slice(1, -1).replace(/''|\\(.)/gs, (_, character = "'") => character);
};

const anyText: Column = { name: '', type: 'text', native: 'text', nullable: null, generated: false };

const isValueOf = (text: string, type: string): boolean => {
  const { name, first } = partsOf(type);
  if (/^(?:var)?char$/.test(name)) return [...text].length <= (first ?? 1);
  try {
    valueForm(anyText, { dataType: name, type }).literal(text);
    return true;
  } catch {
    return false;
  }
};

/**
 * The default of a column that gets another type, as SQL; `null`: the type has no such value, for which the server would
 * refuse the change. A default concerns rows that others write: nothing that is moved depends on it.
 */
const defaultBehind = (column: CatalogColumn, type: string, server: ServerVersion): string | null => {
  const written = defaultOf(column, server);
  if (written === null) return null;
  if (isNow.test(written)) return nowOf(type);
  const text = constantOf(written);
  if (text === null) return isBits.test(column.dataType) && column.dataType !== partsOf(type).name ? null : written;
  if (!isValueOf(text, type)) return null;
  return server.kind === 'mysql' && needsExpression.test(type) ? `(${written})` : written;
};

/** What a MODIFY changes of a column; absent: it stays. */
export interface DefinitionChange {
  /** With everything that belongs to a type: character set and collation. */
  readonly type?: string;
  readonly nullable?: boolean;
}

const typeOf = ({ type, characterSet, collation, srid }: CatalogColumn): string => {
  const text = characterSet === null || collation === null ? '' : ` CHARACTER SET ${characterSet} COLLATE ${collation}`;
  return `${type}${text}${srid === null ? '' : ` SRID ${srid}`}`;
};

/** What follows the name of a column in a MODIFY: all that it has, but for what changes. */
export const columnDefinition = (column: CatalogColumn, change: DefinitionChange, server: ServerVersion): string => {
  const { extra, comment } = column;
  const { type = typeOf(column), nullable = column.nullable } = change;
  const value = change.type === undefined ? defaultOf(column, server) : defaultBehind(column, type, server);
  const stamped = onUpdateOf(extra);
  const onUpdate = stamped === null || change.type === undefined ? stamped : nowOf(type);
  return [
    type,
    nullable ? 'NULL' : 'NOT NULL',
    ...(value === null ? [] : [`DEFAULT ${value}`]),
    ...(onUpdate === null ? [] : [`ON UPDATE ${onUpdate}`]),
    ...(/\bauto_increment\b/i.test(extra) ? ['AUTO_INCREMENT'] : []),
    ...(/\bINVISIBLE\b/.test(extra) ? ['INVISIBLE'] : []),
    ...(comment === '' ? [] : [`COMMENT ${quoteLiteral(comment)}`]),
  ].join(' ');
};
