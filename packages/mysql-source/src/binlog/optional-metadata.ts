import { columnType } from './column-type.ts';
import type { EventReader } from './event-reader.ts';
import { MalformedEvent } from './malformed-event.ts';
import type { ColumnDraft } from './table-map-event.ts';

const field = {
  signedness: 1,
  defaultCharset: 2,
  columnCharset: 3,
  columnName: 4,
  setValues: 5,
  enumValues: 6,
  geometryType: 7,
  simplePrimaryKey: 8,
  primaryKeyWithPrefix: 9,
  enumAndSetDefaultCharset: 10,
  enumAndSetColumnCharset: 11,
  columnVisibility: 12,
  vectorDimensionality: 13,
};

const numeric = new Set<number>([
  columnType.tiny,
  columnType.short,
  columnType.int24,
  columnType.long,
  columnType.longLong,
  columnType.decimal,
  columnType.newDecimal,
  columnType.float,
  columnType.double,
  columnType.year,
]);

const character = new Set<number>([
  columnType.string,
  columnType.varString,
  columnType.varchar,
  columnType.varcharCompressed,
  columnType.blob,
  columnType.blobCompressed,
  columnType.tinyBlob,
  columnType.mediumBlob,
  columnType.longBlob,
  columnType.vector,
]);

/** Of each kind, in the order of the table: lists and bitmaps of the metadata count these only. */
type Chosen = ColumnDraft[];

/**
 * Reads what a table map event says of its columns beyond their types, up to the end of the event, into `columns`.
 * Gives the primary key. A field that is not known is passed over; one that does not fit is an error.
 */
export const readOptionalMetadata = (
  reader: EventReader,
  columns: ColumnDraft[],
  mariadb: boolean,
): readonly number[] | null => {
  const { enum: enumType, set: setType, geometry, vector } = columnType;
  const chosen = (include: (type: number) => boolean): Chosen => columns.filter(({ type }) => include(type));
  const enums = () => chosen((type) => type === enumType);
  const sets = () => chosen((type) => type === setType);
  const enumsAndSets = () => chosen((type) => type === enumType || type === setType);
  // MariaDB counts geometries among the blobs that they are stored as.
  const characters = () => chosen((type) => character.has(type) || (mariadb && type === geometry));
  let primaryKey: number[] | null = null;
  while (reader.left > 0) {
    const type = reader.uint8();
    const value = reader.part(reader.packed());
    switch (type) {
      case field.signedness:
        readBits(
          value,
          chosen((of) => numeric.has(of)),
          (column, unsigned) => {
            column.unsigned = unsigned;
          },
        );
        break;
      case field.defaultCharset:
        readDefaultCollation(value, characters());
        break;
      case field.columnCharset:
        readCollations(value, characters());
        break;
      case field.enumAndSetDefaultCharset:
        readDefaultCollation(value, enumsAndSets());
        break;
      case field.enumAndSetColumnCharset:
        readCollations(value, enumsAndSets());
        break;
      case field.columnName:
        for (const column of columns) column.name = value.utf8(value.packed());
        break;
      case field.setValues:
        readValues(value, sets());
        break;
      case field.enumValues:
        readValues(value, enums());
        break;
      case field.geometryType:
        for (const column of chosen((of) => of === geometry)) column.geometry = value.packed();
        break;
      case field.simplePrimaryKey:
      case field.primaryKeyWithPrefix:
        primaryKey = readKey(value, type === field.primaryKeyWithPrefix, columns.length);
        break;
      case field.columnVisibility:
        readBits(value, columns, (column, visible) => {
          column.visible = visible;
        });
        break;
      case field.vectorDimensionality:
        for (const column of chosen((of) => of === vector)) column.dimensions = value.packed();
        break;
      default:
        value.skip(value.left);
    }
    if (value.left !== 0) throw new MalformedEvent(`metadata of kind ${type} does not fit its columns`);
  }
  return primaryKey;
};

/** A bit for each, the highest of each byte first. */
const readBits = (value: EventReader, columns: Chosen, set: (column: ColumnDraft, bit: boolean) => void): void => {
  const bits = value.view(Math.ceil(columns.length / 8));
  columns.forEach((column, index) => {
    set(column, (((bits[index >> 3] ?? 0) << (index & 7)) & 0x80) !== 0);
  });
};

/** The collation of most of them, then pairs: which has another, and that. */
const readDefaultCollation = (value: EventReader, columns: Chosen): void => {
  const collation = value.packed();
  for (const column of columns) column.collation = collation;
  while (value.left > 0) {
    const column = columns[value.packed()];
    if (column === undefined) throw new MalformedEvent('a collation belongs to no column');
    column.collation = value.packed();
  }
};

const readCollations = (value: EventReader, columns: Chosen): void => {
  for (const column of columns) column.collation = value.packed();
};

const readValues = (value: EventReader, columns: Chosen): void => {
  for (const column of columns) {
    const values: Buffer[] = [];
    for (let left = value.packed(); left > 0; left--) values.push(value.copy(value.packed()));
    column.values = values;
  }
};

/** Indexes of columns, each with the length of its prefix in a key over prefixes. */
const readKey = (value: EventReader, prefixes: boolean, columns: number): number[] => {
  const key: number[] = [];
  while (value.left > 0) {
    const column = value.packed();
    if (column >= columns) throw new MalformedEvent('its primary key has a column that is not there');
    key.push(column);
    if (prefixes) value.packed();
  }
  return key;
};
