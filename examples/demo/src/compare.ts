import pg from 'pg';
import { tableNames } from './load.ts';
import type { ProgressLine } from './progress-line.ts';

const pageSize = 10_000;

/** The columns of a table at the source: the target may have kept others. */
const columnsOf = async (url: string, table: string): Promise<string> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ list: string }>(
    `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS list FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [table],
  );
  await client.end();
  return rows[0]?.list ?? '';
};

/** What a query gives as `row`, without all of it in memory. */
export async function* rowsOf(url: string, query: string): AsyncGenerator<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`BEGIN; DECLARE everything CURSOR FOR ${query}`);
    for (;;) {
      const { rows } = await client.query<{ row: string }>(`FETCH ${pageSize} FROM everything`);
      if (rows.length === 0) return;
      for (const { row } of rows) yield row;
    }
  } finally {
    await client.end();
  }
}

export interface Comparison {
  readonly table: string;
  readonly rows: number;
  /** Rows that one side has and the other has not. */
  readonly different: number;
}

/** Compares the rows of a table on both sides, which come as text and in the order of that. */
export const compareRows = async (
  table: string,
  left: AsyncGenerator<string>,
  right: AsyncGenerator<string>,
): Promise<Comparison> => {
  let [a, b] = [await left.next(), await right.next()];
  let rows = 0;
  let different = 0;
  while (!a.done || !b.done) {
    if (!a.done && !b.done && a.value === b.value) {
      rows++;
      [a, b] = [await left.next(), await right.next()];
      continue;
    }
    different++;
    if (b.done || (!a.done && a.value < b.value)) a = await left.next();
    else b = await right.next();
  }
  return { table, rows, different };
};

/** Compares a table of two PostgreSQL servers row by row, every column as text. */
export const compareTable = async (source: string, target: string, table: string): Promise<Comparison> => {
  const rows = `(SELECT ${await columnsOf(source, table)} FROM ${table})`;
  // In an order that is the same on every server.
  const query = `SELECT t::text AS row FROM ${rows} t ORDER BY t::text COLLATE "C"`;
  return compareRows(table, rowsOf(source, query), rowsOf(target, query));
};

/** Compares every table, and says how many rows differ. */
export const compareTables = async (
  compare: (table: (typeof tableNames)[number]) => Promise<Comparison>,
  progress: ProgressLine,
): Promise<number> => {
  progress.say('stopped; comparing source and target row by row');
  let different = 0;
  for (const table of tableNames) {
    const result = await compare(table);
    different += result.different;
    progress.say(`  ${table}: ${result.rows} rows equal, ${result.different} different`);
  }
  return different;
};
