import { columnType } from './column-type.ts';
import type { EventReader } from './event-reader.ts';
import { MalformedEvent } from './malformed-event.ts';
import { readOptionalMetadata } from './optional-metadata.ts';
import type { MappedColumn, TableMap } from './table-map.ts';

/** A column while what is known of it is gathered. */
export type ColumnDraft = { -readonly [K in keyof MappedColumn]: MappedColumn[K] };

/** More than any server allows. */
const mostColumns = 0xffff;

/** Reads a table map event behind its header. */
export const readTableMap = (reader: EventReader, mariadb: boolean): TableMap => {
  const tableId = reader.uint48();
  reader.skip(2);
  const schema = readName(reader);
  const table = readName(reader);
  const columns = readColumns(reader);
  const primaryKey = readOptionalMetadata(reader, columns, mariadb);
  return { tableId, schema, table, columns, primaryKey };
};

const readName = (reader: EventReader): string => {
  const name = reader.utf8(reader.packed());
  reader.skip(1);
  return name;
};

const readColumns = (reader: EventReader): ColumnDraft[] => {
  const count = reader.packed();
  if (count > mostColumns) throw new MalformedEvent(`a table of ${count} columns`);
  const types = reader.view(count);
  const metadata = reader.part(reader.packed());
  const columns = Array.from(types, (type) => readColumn(type, metadata));
  if (metadata.left !== 0) throw new MalformedEvent('more is said of its columns than is known');
  const nullable = reader.view(Math.ceil(count / 8));
  columns.forEach((column, index) => {
    column.nullable = (((nullable[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
  });
  return columns;
};

const readColumn = (type: number, metadata: EventReader): ColumnDraft => {
  switch (type) {
    case columnType.tiny:
    case columnType.short:
    case columnType.int24:
    case columnType.long:
    case columnType.longLong:
    case columnType.year:
    case columnType.date:
    case columnType.time:
    case columnType.dateTime:
    case columnType.timestamp:
    case columnType.newDate:
    case columnType.null:
    case columnType.decimal:
      return column(type, 0);
    case columnType.float:
    case columnType.double:
    case columnType.timestamp2:
    case columnType.dateTime2:
    case columnType.time2:
    case columnType.blob:
    case columnType.tinyBlob:
    case columnType.mediumBlob:
    case columnType.longBlob:
    case columnType.blobCompressed:
    case columnType.json:
    case columnType.geometry:
    case columnType.vector:
      return column(type, metadata.uint8());
    case columnType.varchar:
    case columnType.varcharCompressed:
      return column(type, metadata.uint16());
    case columnType.bit: {
      const bits = metadata.uint8();
      return column(type, metadata.uint8() * 8 + bits);
    }
    case columnType.newDecimal: {
      const precision = metadata.uint8();
      return column(type, precision * 256 + metadata.uint8());
    }
    case columnType.string:
    case columnType.varString:
    case columnType.enum:
    case columnType.set: {
      const high = metadata.uint8();
      const low = metadata.uint8();
      if (high === columnType.enum || high === columnType.set) return column(high, low);
      // Lengths above 255 have their upper two bits, inverted, within the type.
      return column(type, low + (((high & 0x30) ^ 0x30) << 4));
    }
    default:
      throw new MalformedEvent(`a column is of the unknown type ${type}`);
  }
};

const column = (type: number, metadata: number): ColumnDraft => ({ type, metadata, nullable: false });
