import type { TypeSpec } from './statement.ts';
import type { TokenReader } from './token-reader.ts';
import type { Dialect } from './tokens.ts';

/** Names that stand for themselves, and what others stand for. */
const names: Readonly<Record<string, string>> = {
  TINYINT: 'tinyint',
  INT1: 'tinyint',
  SMALLINT: 'smallint',
  INT2: 'smallint',
  MEDIUMINT: 'mediumint',
  INT3: 'mediumint',
  MIDDLEINT: 'mediumint',
  INT: 'int',
  INTEGER: 'int',
  INT4: 'int',
  BIGINT: 'bigint',
  INT8: 'bigint',
  DECIMAL: 'decimal',
  DEC: 'decimal',
  NUMERIC: 'decimal',
  FIXED: 'decimal',
  FLOAT: 'float',
  FLOAT4: 'float',
  FLOAT8: 'double',
  BIT: 'bit',
  DATE: 'date',
  TIME: 'time',
  DATETIME: 'datetime',
  TIMESTAMP: 'timestamp',
  YEAR: 'year',
  VARCHAR: 'varchar',
  VARCHARACTER: 'varchar',
  BINARY: 'binary',
  VARBINARY: 'varbinary',
  TINYTEXT: 'tinytext',
  TEXT: 'text',
  MEDIUMTEXT: 'mediumtext',
  LONGTEXT: 'longtext',
  TINYBLOB: 'tinyblob',
  BLOB: 'blob',
  MEDIUMBLOB: 'mediumblob',
  LONGBLOB: 'longblob',
  ENUM: 'enum',
  SET: 'set',
  JSON: 'json',
  VECTOR: 'vector',
  GEOMETRY: 'geometry',
  POINT: 'point',
  LINESTRING: 'linestring',
  POLYGON: 'polygon',
  MULTIPOINT: 'multipoint',
  MULTILINESTRING: 'multilinestring',
  MULTIPOLYGON: 'multipolygon',
  GEOMETRYCOLLECTION: 'geometrycollection',
  GEOMCOLLECTION: 'geometrycollection',
};
const ofMariadb: Readonly<Record<string, string>> = { UUID: 'uuid', INET4: 'inet4', INET6: 'inet6' };

/** What a type is called, and whether it is of the national character set. */
interface TypeName {
  readonly name: string;
  readonly national: boolean;
}

const varying = (reader: TokenReader) => (reader.take('VARYING') ? 'varchar' : 'char');

const nationalName = (reader: TokenReader): string | null => {
  if (reader.take('NATIONAL')) {
    if (reader.take('VARCHAR') || reader.take('VARCHARACTER')) return 'varchar';
    if (reader.take('CHAR') || reader.take('CHARACTER')) return varying(reader);
    return reader.fail('expected a character type');
  }
  if (reader.take('NVARCHAR')) return 'varchar';
  if (reader.take('NCHAR')) return reader.take('VARCHAR') || reader.take('VARCHARACTER') ? 'varchar' : varying(reader);
  return null;
};

const typeName = (reader: TokenReader, dialect: Dialect, realAsFloat: boolean): TypeName => {
  const national = nationalName(reader);
  if (national !== null) return { name: national, national: true };
  const one = (name: string): TypeName => ({ name, national: false });
  if (reader.take('CHAR') || reader.take('CHARACTER')) return one(varying(reader));
  if (reader.take('DOUBLE')) {
    reader.take('PRECISION');
    return one('double');
  }
  if (reader.take('REAL')) return one(realAsFloat ? 'float' : 'double');
  if (reader.take('LONG')) {
    if (reader.take('VARBINARY')) return one('mediumblob');
    if (reader.take('CHAR', 'VARYING') || reader.take('CHARACTER', 'VARYING')) return one('mediumtext');
    reader.takeOne('VARCHAR', 'VARCHARACTER');
    return one('mediumtext');
  }
  const keyword = reader.peek()?.keyword ?? '';
  const name = names[keyword] ?? (dialect.flavor === 'mariadb' ? ofMariadb[keyword] : undefined);
  if (name === undefined) return reader.fail('a type that is not known');
  reader.next();
  return one(name);
};

/** Reads the type of a column: everything before its attributes. */
export const parseType = (reader: TokenReader, dialect: Dialect, realAsFloat: boolean): TypeSpec => {
  if (reader.take('BOOL') || reader.take('BOOLEAN')) return { ...plain, name: 'tinyint', numbers: [1] };
  const { name, national } = typeName(reader, dialect, realAsFloat);
  const numbers: number[] = [];
  const values: string[] = [];
  if (name === 'enum' || name === 'set') reader.list(() => values.push(reader.string()));
  else if (reader.atSymbol('(')) reader.list(() => numbers.push(reader.integer()));
  const modifiers = parseModifiers(reader);
  return { ...modifiers, name, numbers, values, charset: national ? 'national' : modifiers.charset };
};

const plain = {
  numbers: [],
  values: [],
  unsigned: false,
  zerofill: false,
  charset: null,
  binaryCollation: false,
  compressed: false,
} as const;

type Modifiers = Pick<TypeSpec, 'unsigned' | 'zerofill' | 'charset' | 'binaryCollation' | 'compressed'>;

const parseModifiers = (reader: TokenReader): Modifiers => {
  let modifiers: Modifiers = { ...plain };
  for (;;) {
    if (reader.take('UNSIGNED')) modifiers = { ...modifiers, unsigned: true };
    else if (reader.take('ZEROFILL')) modifiers = { ...modifiers, unsigned: true, zerofill: true };
    else if (reader.take('SIGNED')) continue;
    else if (reader.take('CHARACTER', 'SET') || reader.take('CHARSET') || reader.take('CHAR', 'SET'))
      modifiers = { ...modifiers, charset: parseCharsetName(reader) };
    else if (reader.take('ASCII')) modifiers = { ...modifiers, charset: 'latin1' };
    else if (reader.take('UNICODE')) modifiers = { ...modifiers, charset: 'ucs2' };
    else if (reader.take('BYTE')) modifiers = { ...modifiers, charset: 'binary' };
    else if (reader.take('BINARY')) modifiers = { ...modifiers, binaryCollation: true };
    else if (reader.take('COMPRESSED')) {
      if (reader.takeSymbol('=')) reader.name();
      modifiers = { ...modifiers, compressed: true };
    } else return modifiers;
  }
};

/** A name of a character set or collation, which may be written as a text; in lower case. */
export const parseCharsetName = (reader: TokenReader): string => {
  if (reader.at('DEFAULT')) reader.fail('DEFAULT as the name of a character set or collation');
  return (reader.peek()?.kind === 'string' ? reader.string() : reader.name()).toLowerCase();
};
