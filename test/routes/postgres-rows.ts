import type { MysqlTestDatabase, TestDatabase } from '../harness/index.ts';
import { columnsOf, type PrintedRow } from './printed-columns.ts';

/** What PostgreSQL prints, as a column of this type at MySQL or MariaDB prints it. */
const asPrinted = (text: string | null, type: string): string | null => {
  if (text === null) return null;
  if (type === 'tinyint(1)') return text === 't' ? '1' : '0';
  if (/^(?:float|double)/.test(type)) {
    const value = type.startsWith('float') ? Math.fround(Number(text)) : Number(text);
    return Object.is(value, -0) ? '-0' : String(value);
  }
  if (/blob|binary/.test(type)) return text.slice(2).toUpperCase();
  const digits = Number(/^(?:datetime|time)(?:\((\d)\))?/.exec(type)?.[1] ?? 0);
  if (!/^(?:datetime|time)/.test(type)) return text;
  const [whole = '', fraction = ''] = text.replace(/\+00$/, '').split('.');
  return digits === 0 ? whole : `${whole}.${fraction.padEnd(digits, '0')}`;
};

/** Rows of PostgreSQL as the target's columns would print them. */
export const rowsAsPrinted = async (
  source: TestDatabase,
  target: MysqlTestDatabase,
  table: string,
): Promise<readonly PrintedRow[]> => {
  const columns = await columnsOf(target, table);
  // As they are sent: a cast would cut the spaces at the end of a `char`.
  const texts = columns.map(({ name }) => `CASE num_nulls(${name}) WHEN 0 THEN format('%s', ${name}) END AS ${name}`);
  await source.query("SET search_path = ''; SET datestyle = 'ISO'; SET timezone = 'UTC'");
  const rows = await source.query<PrintedRow>(
    `SELECT ${texts.join(', ')} FROM public.${table} ORDER BY ${table}.${columns[0]?.name}`,
  );
  await source.query('RESET search_path');
  return rows.map((row) =>
    Object.fromEntries(columns.map(({ name, type }) => [name, asPrinted(row[name] ?? null, type)])),
  );
};
