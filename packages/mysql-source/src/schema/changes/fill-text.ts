import { type DeclaredType, declaredType } from '../../values/declared-type.ts';
import { isDate } from '../../values/temporal-text.ts';
import type { ColumnFill, ColumnSpec } from '../ddl/statement.ts';
import type { ColumnDefinition } from '../table-definition.ts';
import { integerRange } from './integer-range.ts';

/** The text of the value that rows have in a column, as rows say it; `null`: NULL; `undefined`: only the server knows. */
export const fillText = (fill: ColumnFill, column: ColumnDefinition): string | null | undefined => {
  switch (fill.kind) {
    case 'null':
      return null;
    case 'constant':
      return literalText(fill.sql, column);
    case 'zero':
      return zeroText(column);
    case 'computed':
      return undefined;
  }
};

/**
 * What a literal becomes in a column, where that is certain: it has the form of the type, and nothing of it is rounded, cut or
 * converted. The server has accepted it.
 */
export const literalText = (
  sql: string,
  { type, collation }: Pick<ColumnDefinition, 'type' | 'collation'>,
): string | undefined => {
  const declared = declaredType(type);
  if (declared === null) return undefined;
  const literal = read(sql);
  return literal === undefined ? undefined : textIn(literal, declared, collation);
};

/** A default as SQL of any database: a literal; `null`: there is none, or only the server knows what it means. */
export const defaultSql = (value: ColumnSpec['default'], column: ColumnDefinition): string | null => {
  const text = typeof value === 'object' ? literalText(value.constant, column) : undefined;
  return text === undefined ? null : `'${text.replaceAll("'", "''")}'`;
};

interface Literal {
  readonly text: string;
  readonly isQuoted: boolean;
}

const read = (sql: string): Literal | undefined => {
  if (/^true$/i.test(sql)) return { text: '1', isQuoted: false };
  if (/^false$/i.test(sql)) return { text: '0', isQuoted: false };
  const [, bits] = /^(?:b'|0b)([01]+)'?$/i.exec(sql) ?? [];
  if (bits !== undefined) return { text: BigInt(`0b${bits}`).toString(), isQuoted: false };
  if (/^[+-]?\d+(?:\.\d+)?$/.test(sql)) return { text: sql.replace(/^\+/, ''), isQuoted: false };
  const [, quoted] = /^'((?:[^'\\]|''|\\\\)*)'$/.exec(sql) ?? [];
  return quoted === undefined
    ? undefined
    : { text: quoted.replace(/''|\\\\/g, (twice) => twice.charAt(1)), isQuoted: true };
};

const textIn = (literal: Literal, declared: DeclaredType, collation: string | null): string | undefined => {
  const { text, isQuoted } = literal;
  const { name, numbers, values } = declared;
  switch (name) {
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'bigint':
    case 'year':
      return integerText(text, declared);
    case 'decimal':
      return decimalText(text, numbers[0] ?? 10, numbers[1] ?? 0);
    case 'float':
    case 'double':
      return floatText(text, name, numbers);
    case 'bit':
      return isQuoted || !/^\d+$/.test(text) ? undefined : bitText(text, numbers[0] ?? 1);
    case 'char':
    case 'varchar':
    case 'tinytext':
    case 'text':
    case 'mediumtext':
    case 'longtext':
      return collation === null ? undefined : characterText(literal, declared);
    case 'enum':
      return isQuoted && values.includes(text) ? text : undefined;
    case 'set':
      return isQuoted && isSet(text, values) ? text : undefined;
    case 'date':
    case 'datetime':
    case 'time':
      return isQuoted ? temporalText(text, name, numbers[0] ?? 0) : undefined;
    // The zone of a TIMESTAMP is the session's.
    default:
      return undefined;
  }
};

const integerText = (text: string, declared: DeclaredType): string | undefined => {
  const range = integerRange(declared);
  if (range === null || !/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return value >= range.least && value <= range.most ? value.toString() : undefined;
};

const decimalText = (text: string, precision: number, scale: number): string | undefined => {
  const [, minus, whole, fraction = ''] = /^(-?)0*(\d+?)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined || fraction.length > scale || whole.length > Math.max(1, precision - scale)) return undefined;
  const padded = fraction.padEnd(scale, '0');
  const isZero = !/[1-9]/.test(whole + padded);
  return `${isZero ? '' : minus}${whole}${scale === 0 ? '' : `.${padded}`}`;
};

const floatText = (text: string, name: string, numbers: readonly number[]): string | undefined => {
  const value = Number(text);
  if (numbers.length > 0 || !/^-?\d+(?:\.\d+)?$/.test(text)) return undefined;
  if (name === 'float' && Math.fround(value) !== value) return undefined;
  const written = String(value === 0 ? 0 : value);
  return written.includes('e') ? undefined : written;
};

const bitText = (text: string, length: number): string | undefined => {
  const bits = BigInt(text).toString(2).padStart(length, '0');
  return bits.length === length ? bits : undefined;
};

const characterText = ({ text, isQuoted }: Literal, { name, numbers }: DeclaredType): string | undefined => {
  if (text.includes('\0') || (!isQuoted && !/^(?:0|[1-9]\d*)$/.test(text))) return undefined;
  const [length] = numbers;
  if (length !== undefined && [...text].length > length) return undefined;
  // Spaces at its end are not kept.
  return name === 'char' ? text.replace(/ +$/, '') : text;
};

const isSet = (text: string, values: readonly string[]): boolean => {
  if (text === '') return true;
  const places = text.split(',').map((member) => values.indexOf(member));
  return places.every((place, index) => place >= 0 && place > (places[index - 1] ?? -1));
};

const temporalText = (text: string, name: 'date' | 'datetime' | 'time', digits: number): string | undefined => {
  const fractionOf = (fraction = '') =>
    fraction.length > digits ? undefined : digits === 0 ? '' : `.${fraction.padEnd(digits, '0')}`;
  if (name === 'time') {
    const [, minus, hours, rest, fraction] = /^(-?)(\d{1,3}):([0-5]\d:[0-5]\d)(?:\.(\d+))?$/.exec(text) ?? [];
    const behind = fractionOf(fraction);
    const isTime = hours !== undefined && Number(hours) < 838 && behind !== undefined;
    return isTime ? `${minus}${String(Number(hours)).padStart(2, '0')}:${rest}${behind}` : undefined;
  }
  const [, year, month, day, time, fraction] =
    /^(\d{4})-(\d\d)-(\d\d)(?:[ T]((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d+))?)?$/.exec(text) ?? [];
  if (!isDate(Number(year), Number(month), Number(day))) return undefined;
  const date = `${year}-${month}-${day}`;
  if (name === 'date') return time === undefined ? date : undefined;
  const behind = fractionOf(fraction);
  return behind === undefined ? undefined : `${date} ${time ?? '00:00:00'}${behind}`;
};

/** What rows that are there get in a column that is NOT NULL and has no default; dates that the calendar does not have, not. */
const zeroText = ({ type }: ColumnDefinition): string | undefined => {
  const { name, numbers, values } = declaredType(type) ?? { name: '', numbers: [], values: [] };
  const [first = 0, scale = 0] = numbers;
  switch (name) {
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'bigint':
    case 'year':
    case 'float':
    case 'double':
      return '0';
    case 'decimal':
      return decimalText('0', first, scale);
    case 'bit':
      return '0'.repeat(Math.max(1, first));
    case 'char':
    case 'varchar':
    case 'tinytext':
    case 'text':
    case 'mediumtext':
    case 'longtext':
    case 'set':
      return '';
    case 'enum':
      return values[0];
    case 'time':
      return temporalText('00:00:00', 'time', first);
    case 'varbinary':
    case 'tinyblob':
    case 'blob':
    case 'mediumblob':
    case 'longblob':
      return '\\x';
    case 'binary':
      return `\\x${'00'.repeat(first)}`;
    default:
      return undefined;
  }
};
