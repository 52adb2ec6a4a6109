import { takeReferences } from './parse-key.ts';
import { parseCharsetName, parseType } from './parse-type.ts';
import type { ColumnSpec, KeySpec } from './statement.ts';
import type { TokenReader } from './token-reader.ts';
import type { Dialect } from './tokens.ts';

/** A column, and the keys that stand with it. */
export interface ParsedColumn {
  readonly column: ColumnSpec;
  readonly keys: readonly KeySpec[];
}

/** Reads a column: its name, type and attributes, up to what is no attribute. */
export const parseColumn = (reader: TokenReader, dialect: Dialect, realAsFloat: boolean): ParsedColumn => {
  const name = reader.name();
  const kinds = new Set<KeySpec['kind']>();
  const addKey = (kind: KeySpec['kind']) => {
    kinds.add(kind);
  };
  const keys = () => {
    // Before 9.0 MySQL reads REFERENCES of a column, and does nothing.
    if (dialect.flavor === 'mysql' && dialect.version < 90_000) kinds.delete('foreign');
    // Beside a primary key MySQL makes another, and MariaDB does not.
    if (dialect.flavor === 'mariadb' && kinds.has('primary')) kinds.delete('unique');
    return [...kinds].map((kind) => ({
      kind,
      name: null,
      parts: [{ column: name, length: null }],
      hash: false,
      ifNotExists: false,
    }));
  };
  if (reader.take('SERIAL')) {
    addKey('unique');
    const type = { ...bigint, name: 'bigint', unsigned: true };
    const attributes = parseAttributes(reader, addKey);
    return { column: { name, type, ...attributes, nullable: false, autoIncrement: true }, keys: keys() };
  }
  const type = parseType(reader, dialect, realAsFloat);
  const column = { name, type, ...parseAttributes(reader, addKey) };
  return { column, keys: keys() };
};

const bigint = {
  numbers: [],
  values: [],
  zerofill: false,
  charset: null,
  binaryCollation: false,
  compressed: false,
} as const;

type Attributes = { -readonly [name in keyof Omit<ColumnSpec, 'name' | 'type'>]: ColumnSpec[name] };

const parseAttributes = (reader: TokenReader, addKey: (kind: KeySpec['kind']) => void): Attributes => {
  const attributes: Attributes = {
    collation: null,
    nullable: null,
    autoIncrement: false,
    default: 'none',
    generated: null,
    invisible: false,
  };
  for (;;) {
    if (reader.take('NOT', 'NULL')) attributes.nullable = false;
    else if (reader.take('NULL')) attributes.nullable = true;
    else if (reader.take('DEFAULT')) attributes.default = parseDefault(reader);
    else if (reader.take('ON', 'UPDATE')) takeNow(reader);
    else if (reader.take('AUTO_INCREMENT')) attributes.autoIncrement = true;
    else if (reader.take('SERIAL', 'DEFAULT', 'VALUE')) {
      attributes.autoIncrement = true;
      attributes.nullable = false;
      addKey('unique');
    } else if (reader.take('PRIMARY', 'KEY') || reader.take('PRIMARY') || reader.take('KEY')) addKey('primary');
    else if (reader.take('UNIQUE')) {
      reader.take('KEY');
      addKey('unique');
    } else if (reader.take('COLLATE')) attributes.collation = parseCharsetName(reader);
    else if (reader.take('VISIBLE')) attributes.invisible = false;
    else if (reader.take('INVISIBLE')) attributes.invisible = true;
    else if (reader.take('GENERATED', 'ALWAYS', 'AS') || reader.take('AS')) {
      reader.skipParentheses();
      attributes.generated = reader.takeOne('STORED', 'PERSISTENT') === null ? 'virtual' : 'stored';
      reader.take('VIRTUAL');
    } else if (reader.at('REFERENCES')) {
      takeReferences(reader);
      addKey('foreign');
    } else if (!takeCheck(reader) && !takeStorage(reader)) return attributes;
  }
};

const takeCheck = (reader: TokenReader): boolean => {
  if (reader.take('CONSTRAINT')) {
    if (!reader.at('CHECK')) reader.name();
    if (!reader.at('CHECK')) reader.fail('a constraint of a column that is not known');
  }
  if (!reader.take('CHECK')) return false;
  reader.skipParentheses();
  if (!reader.take('NOT', 'ENFORCED')) reader.take('ENFORCED');
  return true;
};

/** Attributes that say nothing of the values. */
const takeStorage = (reader: TokenReader): boolean => {
  if (reader.take('NOT', 'SECONDARY') || reader.take('WITHOUT', 'SYSTEM', 'VERSIONING')) return true;
  if (reader.takeOne('COMMENT', 'COLUMN_FORMAT', 'STORAGE', 'SRID', 'REF_SYSTEM_ID') === null)
    if (reader.takeOne('ENGINE_ATTRIBUTE', 'SECONDARY_ENGINE_ATTRIBUTE') === null) return false;
  reader.takeSymbol('=');
  if (reader.peek()?.kind === 'string') reader.string();
  else reader.next();
  return true;
};

const takeNow = (reader: TokenReader): boolean => {
  if (reader.takeOne('CURRENT_TIMESTAMP', 'NOW', 'LOCALTIME', 'LOCALTIMESTAMP') === null) return false;
  if (reader.atSymbol('(')) reader.skipParentheses();
  return true;
};

/** Reads what stands behind DEFAULT. */
export const parseDefault = (reader: TokenReader): ColumnSpec['default'] => {
  if (reader.take('NULL')) return 'null';
  if (takeNow(reader)) return 'computed';
  if (reader.atSymbol('(')) {
    reader.skipParentheses();
    return 'computed';
  }
  if (reader.take('NEXT', 'VALUE', 'FOR') || reader.take('PREVIOUS', 'VALUE', 'FOR')) {
    reader.tableName();
    return 'computed';
  }
  const constant = takeLiteral(reader);
  if (constant !== null) return { constant };
  // MariaDB takes calls of functions without parentheses around them, and of some without any.
  const called = withoutParentheses.has(reader.peek()?.keyword ?? '');
  reader.name();
  if (called && !reader.atSymbol('(')) return 'computed';
  if (!reader.atSymbol('(')) reader.fail('a default that is not known');
  reader.skipParentheses();
  return 'computed';
};

const withoutParentheses = new Set(
  'CURRENT_DATE CURRENT_TIME CURRENT_USER CURRENT_ROLE UTC_DATE UTC_TIME UTC_TIMESTAMP'.split(' '),
);

const takeLiteral = (reader: TokenReader): string | null => {
  const word = reader.takeOne('TRUE', 'FALSE');
  if (word !== null) return word;
  const typed = /^(?:_\w+|N|X|B|DATE|TIME|TIMESTAMP)$/.test(reader.peek()?.keyword ?? '');
  if (typed && reader.peek(1)?.kind === 'string') return `${reader.next().text}${quote(reader.string())}`;
  if (reader.peek()?.kind === 'string') return quote(reader.string());
  const sign = reader.takeSymbol('-') ? '-' : reader.takeSymbol('+') ? '+' : '';
  if (reader.peek()?.kind === 'number') return `${sign}${reader.next().text}`;
  if (sign !== '') reader.fail('expected a number');
  return null;
};

const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
