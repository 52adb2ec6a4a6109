import { NotUnderstood } from '../ddl/not-understood.ts';
import type { ColumnSpec, TypeSpec } from '../ddl/statement.ts';
import type { ColumnDefinition } from '../table-definition.ts';
import { charsetOf, maxBytesOf, resolveCollation } from './collation.ts';
import type { SchemaSettings } from './schema-settings.ts';

const isCharacter = new Set(['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'enum', 'set']);
const integers = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint']);
const ofBytes: Readonly<Record<string, string>> = {
  char: 'binary',
  varchar: 'varbinary',
  tinytext: 'tinyblob',
  text: 'blob',
  mediumtext: 'mediumblob',
  longtext: 'longblob',
};

/** The column that a server makes of what is written. */
export const resolveColumn = (spec: ColumnSpec, tableCollation: string, settings: SchemaSettings): ColumnDefinition => {
  const { type, collation } = resolveType(spec, tableCollation, settings);
  return {
    name: spec.name,
    type,
    collation,
    nullable: isNullable(spec, settings),
    generated: spec.generated,
    invisible: spec.invisible,
  };
};

/** The column of a table that gets another character set as a whole: of what is written of its own only `BINARY` counts. */
export const resolveConverted = (
  spec: ColumnSpec,
  tableCollation: string,
  settings: SchemaSettings,
): ColumnDefinition => {
  const own = resolveColumn(spec, tableCollation, settings);
  if (own.collation === null) return own;
  const type = { ...spec.type, charset: null };
  return resolveColumn({ ...spec, type, collation: null }, tableCollation, settings);
};

const isNullable = (spec: ColumnSpec, settings: SchemaSettings): boolean => {
  if (spec.autoIncrement) return false;
  if (spec.nullable !== null) return spec.nullable;
  return spec.type.name !== 'timestamp' || settings.explicitDefaultsForTimestamp || spec.generated !== null;
};

interface ResolvedType {
  readonly type: string;
  readonly collation: string | null;
}

const resolveType = (spec: ColumnSpec, tableCollation: string, settings: SchemaSettings): ResolvedType => {
  const { type } = spec;
  if (type.name === 'json' && settings.flavor === 'mariadb') return { type: 'longtext', collation: 'utf8mb4_bin' };
  if (!isCharacter.has(type.name)) return { type: otherType(type, settings), collation: null };
  const written = resolveCollation({ charset: type.charset, collation: spec.collation }, tableCollation, settings);
  const collation =
    type.binaryCollation && spec.collation === null && written !== 'binary' ? `${charsetOf(written)}_bin` : written;
  return characterType(type, collation, settings);
};

const characterType = (type: TypeSpec, collation: string, settings: SchemaSettings): ResolvedType => {
  const named = collation === 'binary' ? null : collation;
  if (type.name === 'enum' || type.name === 'set') return { type: listType(type, named), collation: named };
  const maxBytes = maxBytesOf(collation, settings);
  const name = collation === 'binary' ? (ofBytes[type.name] as string) : type.name;
  const [length] = type.numbers;
  return { type: `${sized(name, length, maxBytes)}${compressed(type)}`, collation: named };
};

const compressed = (type: TypeSpec) => (type.compressed ? ' /*M!100301 COMPRESSED*/' : '');

/** Types with a length in characters that may have to be larger in bytes. */
const sized = (name: string, length: number | undefined, maxBytes: number): string => {
  if (name === 'char' || name === 'binary') return `${name}(${length ?? 1})`;
  if (name === 'varchar' || name === 'varbinary') {
    if (length === undefined) throw new NotUnderstood(`${name} without a length`);
    if (length * maxBytes <= 65_535) return `${name}(${length})`;
    return textFor(name === 'varchar' ? 'text' : 'blob', length * maxBytes);
  }
  if (length === undefined || length === 0 || (name !== 'text' && name !== 'blob')) return name;
  return textFor(name, length * maxBytes);
};

/** The smallest type of text or bytes that holds so many bytes. */
export const textFor = (family: 'text' | 'blob', bytes: number): string => {
  if (bytes <= 255) return `tiny${family}`;
  if (bytes <= 65_535) return family;
  return bytes <= 16_777_215 ? `medium${family}` : `long${family}`;
};

/** Spaces at the end of values are not kept, but those of bytes are. */
const listType = (type: TypeSpec, collation: string | null): string => {
  const values = type.values.map((value) => quoteListValue(collation === null ? value : value.replace(/ +$/, '')));
  return `${type.name}(${values.join(',')})`;
};

const written: Readonly<Record<string, string>> = { '\0': '\\0', '\n': '\\n', '\r': '\\r', '\\': '\\\\', "'": "''" };

/** As `information_schema` quotes the values of ENUM and SET. */
const quoteListValue = (value: string): string =>
  `'${value.replace(/[\0\n\r\\']/g, (char) => written[char] as string)}'`;

const otherType = (type: TypeSpec, settings: SchemaSettings): string => {
  const { name, numbers } = type;
  const suffix = `${type.unsigned ? ' unsigned' : ''}${type.zerofill ? ' zerofill' : ''}`;
  if (integers.has(name)) return isBoolean(type) ? 'tinyint(1)' : `${name}${suffix}`;
  const [first, second] = numbers;
  switch (name) {
    case 'decimal':
      return `decimal(${first === undefined || first === 0 ? 10 : first},${second ?? 0})${suffix}`;
    case 'float':
    case 'double':
      if (second !== undefined) return `${name}(${first},${second})${suffix}`;
      return `${name === 'float' && (first ?? 0) > 24 ? 'double' : name}${suffix}`;
    case 'bit':
      return `bit(${first ?? 1})`;
    case 'year':
    case 'json':
    case 'date':
      return name;
    case 'time':
    case 'datetime':
    case 'timestamp':
      return first ? `${name}(${first})` : name;
    case 'binary':
      return `binary(${first ?? 1})`;
    case 'vector':
      return `vector(${first ?? 2048})`;
    case 'varbinary':
      return `${sized(name, first, 1)}${compressed(type)}`;
    case 'geometrycollection':
      return settings.flavor === 'mysql' ? 'geomcollection' : name;
    default:
      return `${name === 'blob' ? sized(name, first, 1) : name}${compressed(type)}`;
  }
};

const isBoolean = (type: TypeSpec) =>
  type.name === 'tinyint' && type.numbers[0] === 1 && !type.unsigned && !type.zerofill;

/** `COLUMN_TYPE` of a server as a `ColumnDefinition` has it. */
export const normalizeColumnType = (columnType: string): string =>
  /^(?:enum|set)\(/i.test(columnType)
    ? columnType
    : columnType
        .replace(/^(tinyint|smallint|mediumint|int|bigint)\(\d+\)/, (all, name) =>
          columnType === 'tinyint(1)' ? all : name,
        )
        .replace(/^year\(4\)/, 'year');
