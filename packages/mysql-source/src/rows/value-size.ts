import { columnType } from '../binlog/column-type.ts';
import type { MappedColumn } from '../binlog/table-map.ts';
import { fractionSize } from '../values/date-value.ts';
import { decimalSize } from '../values/decimal-value.ts';

const fixed: Readonly<Record<number, number>> = {
  [columnType.null]: 0,
  [columnType.tiny]: 1,
  [columnType.year]: 1,
  [columnType.short]: 2,
  [columnType.int24]: 3,
  [columnType.date]: 3,
  [columnType.newDate]: 3,
  [columnType.time]: 3,
  [columnType.long]: 4,
  [columnType.float]: 4,
  [columnType.timestamp]: 4,
  [columnType.longLong]: 8,
  [columnType.double]: 8,
  [columnType.dateTime]: 8,
};

/**
 * How many bytes a value takes in a row, or, negative, of how many bytes the length is that stands in front of it. `null`:
 * no server logs such a type.
 */
export const valueSize = ({ type, metadata }: MappedColumn): number | null => {
  switch (type) {
    case columnType.timestamp2:
      return 4 + fractionSize(metadata);
    case columnType.dateTime2:
      return 5 + fractionSize(metadata);
    case columnType.time2:
      return 3 + fractionSize(metadata);
    case columnType.newDecimal:
      return decimalSize(metadata >> 8, metadata & 0xff);
    case columnType.bit:
      return Math.ceil(metadata / 8);
    case columnType.enum:
    case columnType.set:
      return metadata;
    case columnType.string:
    case columnType.varString:
    case columnType.varchar:
    case columnType.varcharCompressed:
      return metadata > 255 ? -2 : -1;
    case columnType.tinyBlob:
    case columnType.mediumBlob:
    case columnType.longBlob:
    case columnType.blob:
    case columnType.blobCompressed:
    case columnType.json:
    case columnType.geometry:
    case columnType.vector:
      return metadata >= 1 && metadata <= 4 ? -metadata : null;
    default:
      return fixed[type] ?? null;
  }
};
