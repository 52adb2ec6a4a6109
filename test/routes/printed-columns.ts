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
  // A float has fewer digits as a text than as a double, and the driver reads neither of the two exactly.
  if (isFloating(type)) return `CAST(${column} * 1e0 AS char)`;
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
  const rows = await database.query(
    `SELECT ${list.join(', ')} FROM \`${table}\` ORDER BY \`${table}\`.\`${columns[0]?.name}\``,
  );
  const floating = new Set(columns.filter(({ type }) => isFloating(type)).map(({ name }) => name));
  const textOf = (name: string, value: unknown) => (floating.has(name) ? floatText(value) : String(value));
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : textOf(name, value)])),
  );
};

/** As JavaScript writes it, but for the sign of a zero. */
export const floatText = (value: unknown): string => (Object.is(Number(value), -0) ? '-0' : String(Number(value)));
