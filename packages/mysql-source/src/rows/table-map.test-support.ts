import { columnType } from '../binlog/column-type.ts';
import type { MappedColumn, TableMap } from '../binlog/table-map.ts';

/** A table as a log has it, for tests without a server. */
export const tableMap = (columns: readonly MappedColumn[], primaryKey: readonly number[] | null = [0]): TableMap => ({
  tableId: 1,
  schema: 's',
  table: 't',
  columns,
  primaryKey,
});

const utf8mb4 = 255;

/** One column of every type that the log has, with everything that it may say of it. */
export const everyColumn: readonly MappedColumn[] = [
  { type: columnType.long, metadata: 0, unsigned: false },
  { type: columnType.tiny, metadata: 0, unsigned: true },
  { type: columnType.short, metadata: 0, unsigned: false },
  { type: columnType.int24, metadata: 0, unsigned: false },
  { type: columnType.longLong, metadata: 0, unsigned: true },
  { type: columnType.float, metadata: 4, unsigned: false },
  { type: columnType.double, metadata: 8, unsigned: false },
  { type: columnType.newDecimal, metadata: 65 * 256 + 30, unsigned: false },
  { type: columnType.year, metadata: 0, unsigned: true },
  { type: columnType.date, metadata: 0 },
  { type: columnType.time2, metadata: 6 },
  { type: columnType.dateTime2, metadata: 3 },
  { type: columnType.timestamp2, metadata: 1 },
  { type: columnType.bit, metadata: 64 },
  { type: columnType.bit, metadata: 3 },
  { type: columnType.string, metadata: 40, collation: utf8mb4 },
  { type: columnType.string, metadata: 16, collation: 63 },
  { type: columnType.varchar, metadata: 400, collation: utf8mb4 },
  { type: columnType.varchar, metadata: 20, collation: 8 },
  { type: columnType.varchar, metadata: 20, collation: 95 },
  { type: columnType.varcharCompressed, metadata: 401, collation: utf8mb4 },
  { type: columnType.blob, metadata: 1, collation: 63 },
  { type: columnType.blob, metadata: 4, collation: utf8mb4 },
  { type: columnType.blob, metadata: 2, collation: 54 },
  { type: columnType.blobCompressed, metadata: 2, collation: 63 },
  { type: columnType.json, metadata: 4 },
  { type: columnType.geometry, metadata: 4, geometry: 0 },
  { type: columnType.vector, metadata: 4, dimensions: 3 },
  { type: columnType.enum, metadata: 1, collation: utf8mb4, values: [Buffer.from('a'), Buffer.from("it's")] },
  { type: columnType.set, metadata: 1, collation: utf8mb4, values: [Buffer.from('a'), Buffer.from('b')] },
].map((column, number) => ({ ...column, nullable: true, name: `c${number}`, visible: true }));
