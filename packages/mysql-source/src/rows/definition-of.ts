import { columnType } from '../binlog/column-type.ts';
import type { MappedColumn, TableMap } from '../binlog/table-map.ts';
import { characterSetOf, collationName, longestCharacter } from '../charsets/collations.ts';
import type { ColumnDefinition, TableDefinition } from '../schema/table-definition.ts';
import { literalOf } from '../values/declared-type.ts';
import { hashColumns } from './hash-columns.ts';
import { listedValues } from './listed-values.ts';

const named: Readonly<Record<number, string>> = {
  [columnType.year]: 'year',
  [columnType.date]: 'date',
  [columnType.newDate]: 'date',
  [columnType.json]: 'json',
};

const numeric: Readonly<Record<number, string>> = {
  [columnType.tiny]: 'tinyint',
  [columnType.short]: 'smallint',
  [columnType.int24]: 'mediumint',
  [columnType.long]: 'int',
  [columnType.longLong]: 'bigint',
  [columnType.float]: 'float',
  [columnType.double]: 'double',
};

/** Those of the older forms are not among them: how many digits they have behind the second is not in the log. */
const temporal: Readonly<Record<number, string>> = {
  [columnType.dateTime2]: 'datetime',
  [columnType.timestamp2]: 'timestamp',
  [columnType.time2]: 'time',
};

const blobs = ['', 'tiny', '', 'medium', 'long'] as const;

const geometries = [
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geomcollection',
] as const;

/** The collation of bytes. */
const binary = 63;

type Typed = Pick<ColumnDefinition, 'type' | 'collation'>;

const plain = (type: string | undefined): Typed | null => (type === undefined ? null : { type, collation: null });

/**
 * The table as its rows were logged, from the log alone; `null` when that says too little: MySQL and MariaDB say names,
 * signs, character sets, and the values of ENUM and SET with `binlog_row_metadata=FULL` only, and of times in the form
 * that was older than MySQL 5.6 (`mysql56_temporal_format=OFF` of MariaDB) not their fractions.
 *
 * The log never says what is computed (`generated` is `null`), nor which integers are `tinyint(1)`. MariaDB's `uuid`,
 * `inet4` and `inet6` are `binary(16)`, `binary(4)` and `binary(16)` in it, its `json` is `longtext`, and its `vector`
 * is `varbinary`.
 */
export const definitionOf = ({ schema, table, columns, primaryKey }: TableMap): TableDefinition | null => {
  const defined: ColumnDefinition[] = [];
  const hashes = hashColumns(columns);
  for (const column of columns.slice(0, columns.length - hashes)) {
    const typed = typeOf(column);
    if (typed === null || column.name === undefined) return null;
    const { name, nullable, visible } = column;
    defined.push({ name, ...typed, nullable, generated: null, invisible: visible === false });
  }
  const key = primaryKey?.map((index) => defined[index]?.name ?? '') ?? null;
  return { schema, table, columns: defined, primaryKey: key, ...(hashes === 0 ? {} : { mostHashes: hashes }) };
};

const typeOf = (column: MappedColumn): Typed | null => {
  const { type, metadata, unsigned } = column;
  const number = type === columnType.newDecimal ? `decimal(${metadata >> 8},${metadata & 0xff})` : numeric[type];
  if (number !== undefined) return unsigned === undefined ? null : plain(unsigned ? `${number} unsigned` : number);
  const time = temporal[type];
  if (time !== undefined) return plain(metadata === 0 ? time : `${time}(${metadata})`);
  switch (type) {
    case columnType.bit:
      return plain(`bit(${metadata})`);
    case columnType.geometry:
      return column.geometry === undefined ? null : plain(geometries[column.geometry]);
    case columnType.vector:
      return column.dimensions === undefined ? null : plain(`vector(${column.dimensions})`);
    case columnType.enum:
      return listOf('enum', column);
    case columnType.set:
      return listOf('set', column);
    case columnType.string:
      return textOf(column, 'char', 'binary');
    case columnType.varString:
    case columnType.varchar:
    case columnType.varcharCompressed:
      return textOf(column, 'varchar', 'varbinary');
    case columnType.tinyBlob:
    case columnType.mediumBlob:
    case columnType.longBlob:
    case columnType.blob:
    case columnType.blobCompressed:
      return blobOf(column);
    default:
      return plain(named[type]);
  }
};

const collationOf = ({ collation }: MappedColumn): string | null =>
  collation === undefined ? null : (collationName(collation) ?? null);

const textOf = (column: MappedColumn, text: string, bytes: string): Typed | null => {
  // A byte says how a compressed value is.
  const size = column.metadata - (column.type === columnType.varcharCompressed ? 1 : 0);
  if (column.collation === binary) return plain(`${bytes}(${size})`);
  const collation = collationOf(column);
  if (collation === null) return null;
  return { type: `${text}(${size / longestCharacter(characterSetOf(collation))})`, collation };
};

const blobOf = (column: MappedColumn): Typed | null => {
  const prefix = blobs[column.metadata];
  if (prefix === undefined) return null;
  if (column.collation === binary) return plain(`${prefix}blob`);
  const collation = collationOf(column);
  return collation === null ? null : { type: `${prefix}text`, collation };
};

const listOf = (name: 'enum' | 'set', column: MappedColumn): Typed | null => {
  const values = listedValues(column);
  if (values === null) return null;
  return { type: `${name}(${values.map(literalOf).join(',')})`, collation: collationOf(column) };
};
