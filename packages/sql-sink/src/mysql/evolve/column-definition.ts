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
  const value = defaultOf(column, server);
  const onUpdate = onUpdateOf(extra);
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
