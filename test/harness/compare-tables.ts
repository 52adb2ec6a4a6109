import type { MysqlTestDatabase, TestDatabase } from '../../packages/testkit/src/servers/index.ts';

/** Every row of a table as text, in an order that does not depend on the server. */
export const tableRows = async (
  database: TestDatabase | MysqlTestDatabase,
  table: string,
): Promise<readonly string[]> => {
  if ('createUser' in database) return (await database.query(`SELECT * FROM ${table}`)).map(recordText).sort();
  const rows = await database.query<{ row: string }>(
    `SELECT t::text AS row FROM ${table} t ORDER BY t::text COLLATE "C"`,
  );
  return rows.map(({ row }) => row);
};

/** A row of MySQL's as PostgreSQL writes a row that is equal in text. */
const recordText = (row: Record<string, unknown>): string => `(${Object.values(row).map(fieldText).join(',')})`;

const fieldText = (value: unknown): string => {
  if (value === null) return '';
  const text = String(value);
  return text === '' || /[\s"\\(),]/.test(text) ? `"${text.replace(/["\\]/g, '$&$&')}"` : text;
};

/** The first differences between two databases, as a test would like to print them; empty when all rows are equal. */
export const differences = async (
  source: TestDatabase | MysqlTestDatabase,
  target: TestDatabase | MysqlTestDatabase,
  tables: readonly string[],
): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const table of tables) {
    const [left, right] = [await tableRows(source, table), await tableRows(target, table)];
    const [missing, extra] = [without(left, right), without(right, left)];
    if (missing.length > 0) found.push(`${table}: ${missing.length} missing, e.g. ${missing.slice(0, 3).join(' ')}`);
    if (extra.length > 0) found.push(`${table}: ${extra.length} extra, e.g. ${extra.slice(0, 3).join(' ')}`);
  }
  return found;
};

/** What is in `rows` more often than in `others`. */
const without = (rows: readonly string[], others: readonly string[]): readonly string[] => {
  const counts = new Map<string, number>();
  for (const row of others) counts.set(row, (counts.get(row) ?? 0) + 1);
  return rows.filter((row) => {
    const count = counts.get(row) ?? 0;
    counts.set(row, count - 1);
    return count <= 0;
  });
};
