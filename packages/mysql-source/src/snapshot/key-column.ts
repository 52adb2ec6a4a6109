import { quoteIdentifier } from '@millrace/mysql-client';
import { characterSetOf } from '../charsets/collations.ts';
import type { ColumnDefinition } from '../schema/table-definition.ts';
import { declaredType } from '../values/declared-type.ts';

/** A column of a key, by whose order a table is read. */
export interface KeyColumn {
  readonly name: string;
  /** As SQL. */
  readonly quoted: string;
  /** The column is selected once more in this form, because its values do not say their order. */
  readonly ordered: string | null;
  readonly isInteger: boolean;
  /** The value, as it is kept in a cursor, of what was selected. */
  readonly kept: (bytes: Buffer) => string;
  /** A value that was kept, as SQL that compares with the column as its values do. Throws for what is none. */
  readonly literal: (kept: string) => string;
  /** The canonical text of a value, as SQL that equals the column's value. Throws for what is none. */
  readonly equal: (text: string) => string;
}

export class UnkeptValue extends Error {}

const checked =
  (pattern: RegExp, sql: (kept: string) => string) =>
  (kept: string): string => {
    if (!pattern.test(kept)) throw new UnkeptValue('it is no value of a key');
    return sql(kept);
  };

const latin1 = (bytes: Buffer): string => bytes.toString('latin1');
const hex = (bytes: Buffer): string => bytes.toString('hex');

const number = checked(/^-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?$/, (kept) => kept);
/** Dates, times, addresses and UUIDs. */
const quotedText = checked(/^[-0-9a-f:. ]*$/i, (kept) => `'${kept}'`);
const digits = /^([0-9a-f]{2})*$/;
const bits = checked(/^[01]+$/, (text) => `b'${text}'`);
/** The server compares it in the character set and by the collation of the column. */
const unicode = (text: string): string => `_utf8mb4 X'${Buffer.from(text).toString('hex')}'`;

/** How the values of a key's column are told apart and put in order. */
export const keyColumn = ({ name, type, collation }: ColumnDefinition): KeyColumn => {
  const quoted = quoteIdentifier(name);
  const declared = declaredType(type)?.name ?? '';
  const column = { name, quoted, ordered: null, isInteger: false, kept: latin1, literal: number, equal: number };
  switch (declared) {
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'bigint':
      return { ...column, isInteger: true };
    case 'year':
    case 'decimal':
    case 'double':
      return column;
    case 'float':
      // It is compared as a DOUBLE.
      return { ...column, equal: (text) => number(String(Math.fround(Number(text)))) };
    // They are ordered by their numbers.
    case 'enum':
    case 'set':
      return { ...column, ordered: `${quoted} + 0`, equal: unicode };
    case 'bit':
      return { ...column, ordered: `${quoted} + 0`, equal: bits };
    case 'timestamp':
      return { ...column, literal: quotedText, equal: (text) => quotedText(text.replace(/\+00$/, '')) };
    case 'date':
    case 'datetime':
    case 'time':
    case 'uuid':
    case 'inet4':
    case 'inet6':
      return { ...column, literal: quotedText, equal: quotedText };
    default: {
      if (collation === null) {
        const bytes = checked(digits, (kept) => `_binary X'${kept}'`);
        return { ...column, kept: hex, literal: bytes, equal: (text) => bytes(text.replace(/^\\x/, '')) };
      }
      // A collation is named by the server, and by nobody else.
      const literal = checked(digits, (kept) => `(_${characterSetOf(collation)} X'${kept}' COLLATE ${collation})`);
      return { ...column, kept: hex, literal, equal: unicode };
    }
  }
};
