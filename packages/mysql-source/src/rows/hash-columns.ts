import { columnType } from '../binlog/column-type.ts';
import type { MappedColumn } from '../binlog/table-map.ts';

const name = /^DB_ROW_HASH_\d+$/;

/**
 * How many columns at the end of a table MariaDB has made for itself: one for each unique key that it keeps by a hash, because
 * it is over texts or too long. They are in rows and nowhere else, and have names only where the log names columns.
 */
export const hashColumns = (columns: readonly MappedColumn[]): number => {
  const others = columns.findLastIndex(
    (column) => column.type !== columnType.longLong || !name.test(column.name ?? ''),
  );
  return columns.length - 1 - others;
};

/** Whether a column of which the log says no name may be one of these. */
export const mayBeHash = (column: MappedColumn): boolean =>
  column.type === columnType.longLong && name.test(column.name ?? 'DB_ROW_HASH_1');
