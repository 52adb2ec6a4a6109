import type { ValuePlaces } from '@millrace/core';
import type { PlannedColumn } from '../target/table-plan.ts';

/**
 * The text of a key that came in binary form, for the types that most keys have: big-endian integers, and text as it is
 * (PostgreSQL manual, COPY, "Binary Format"). `null` for any other type.
 */
export const binaryKeyText = ({ bytes, starts, ends }: ValuePlaces, column: PlannedColumn): string | null => {
  const start = starts[column.index] ?? -1;
  const end = ends[column.index] ?? -1;
  if (start < 0) return null;
  switch (column.fullType) {
    case 'smallint':
    case 'integer':
    case 'bigint':
      return integerText(bytes, start, end);
    case 'text':
      return bytes.toString('utf8', start, end);
    default:
      return null;
  }
};

const integerText = (bytes: Buffer, start: number, end: number): string | null => {
  switch (end - start) {
    case 2:
      return String(bytes.readInt16BE(start));
    case 4:
      return String(bytes.readInt32BE(start));
    case 8: {
      const value = bytes.readInt32BE(start) * 2 ** 32 + bytes.readUInt32BE(start + 4);
      return String(Number.isSafeInteger(value) ? value : bytes.readBigInt64BE(start));
    }
    default:
      return null;
  }
};
