import type { RowDataPacket } from 'mysql2/promise';
import type { MysqlTestDatabase } from '../harness/index.ts';

export interface PrintedColumn {
  readonly name: string;
  /** As the server says it: `bit(9)`. */
  readonly type: string;
}

export type PrintedRow = Readonly<Record<string, string | null>>;

const isFloating = (type: string): boolean => /^(?:float|double)/.test(type);

/** SQL of what tells any two values of a column apart, whatever the session. */
const printed = ({ name, type }: PrintedColumn): string => {
  const column = `\`${name}\``;
  const [kind = ''] = /^[a-z]+/.exec(type) ?? [];
  const bits = /^bit\((\d+)\)/.exec(type)?.[1];
  if (bits !== undefined) return `lpad(bin(${column} + 0), ${bits}, '0')`;
  // As a text it has fewer digits.
  if (isFloating(type)) return `${column} * 1e0`;
  if (/binary|blob|geom|point|line|polygon|vector/.test(kind)) return `hex(${column})`;
  return `CAST(${column} AS char CHARACTER SET utf8mb4)`;
};

export const columnsOf = (database: MysqlTestDatabase, table: string): Promise<readonly PrintedColumn[]> =>
  database.query<{ name: string; type: string }>(
    `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS type FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
    [table],
  );

/** The rows of a table as they are printed, in the order of its first column; of these columns, or of all. */
export const printedRows = async (
  database: MysqlTestDatabase,
  table: string,
  names?: readonly string[],
): Promise<readonly PrintedRow[]> => {
  const all = await columnsOf(database, table);
  const columns = names === undefined ? all : all.filter(({ name }) => names.includes(name));
  const list = columns.map((column) => `${printed(column)} AS \`${column.name}\``);
  const connection = await database.connect();
  await connection.query("SET time_zone = '+00:00'");
  // Prepared, so that doubles come as they are: the driver reads their texts with errors in the last digit.
  const [rows] = await connection.execute<RowDataPacket[]>(
    `SELECT ${list.join(', ')} FROM \`${table}\` ORDER BY \`${table}\`.\`${columns[0]?.name}\``,
  );
  await connection.end();
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, textOf(value)])));
};

const textOf = (value: unknown): string | null => {
  if (value === null) return null;
  return Object.is(value, -0) ? '-0' : String(value);
};
