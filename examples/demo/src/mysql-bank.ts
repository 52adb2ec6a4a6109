import { createConnection } from 'mysql2/promise';
import { accounts, branches, tellers, transfers } from './load.ts';

const rowsPerTransaction = 10_000;

const tables = `
  CREATE TABLE branches (id int PRIMARY KEY, balance bigint NOT NULL, filler varchar(80) NOT NULL);
  CREATE TABLE tellers (id int PRIMARY KEY, branch int NOT NULL, balance bigint NOT NULL, filler varchar(80) NOT NULL);
  CREATE TABLE accounts (id int PRIMARY KEY, branch int NOT NULL, balance bigint NOT NULL, filler varchar(80) NOT NULL);
  CREATE TABLE history (id bigint AUTO_INCREMENT PRIMARY KEY, teller int NOT NULL, branch int NOT NULL,
    account int NOT NULL, delta bigint NOT NULL, at timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6))`;

/** Columns as text; the key first, so that the order of the text is that of the key. */
const columns = {
  branches: ['balance', 'filler'],
  tellers: ['branch', 'balance', 'filler'],
  accounts: ['branch', 'balance', 'filler'],
  history: ['teller', 'branch', 'account', 'delta'],
} as const;

const keyText = (key: string) => `lpad(${key}, 20, '0')`;

/** The query for the rows of a table at PostgreSQL that `bankRows` gives at the source. */
export const targetRows = (table: keyof typeof columns): string => {
  const time = table === 'history' ? ', extract(epoch FROM at)' : '';
  return `SELECT concat_ws(',', ${keyText('id::text')}, ${columns[table].join(', ')}${time}) AS row FROM ${table} ORDER BY id`;
};

export const connectedMysql = (url: string) =>
  createConnection({ uri: url, multipleStatements: true, timezone: 'Z', supportBigNumbers: true });

/** The numbers from `first` on, as many as a transaction has rows. */
const numbers = (first: number): string => {
  const digits = `(${Array.from({ length: 10 }, (_, n) => `SELECT ${n} AS n`).join(' UNION ALL ')})`;
  return `(SELECT ${first} + a.n + 10 * b.n + 100 * c.n + 1000 * d.n AS n
    FROM ${digits} a, ${digits} b, ${digits} c, ${digits} d) numbers`;
};

const fill = function* (): Generator<string> {
  yield `INSERT INTO branches SELECT n, 0, repeat('b', 80) FROM ${numbers(1)} WHERE n <= ${branches}`;
  yield `INSERT INTO tellers SELECT n, 1 + n % ${branches}, 0, repeat('t', 80) FROM ${numbers(1)} WHERE n <= ${tellers}`;
  for (let first = 1; first <= accounts; first += rowsPerTransaction)
    yield `INSERT INTO accounts SELECT n, 1 + n % ${branches}, 0, repeat('a', 80) FROM ${numbers(first)}`;
  for (let first = 1; first <= transfers; first += rowsPerTransaction)
    yield `INSERT INTO history (teller, branch, account, delta)
      SELECT 1 + n % ${tellers}, 1 + n % ${branches}, n, 0 FROM ${numbers(first)}`;
};

/** The bank of `createBank`. */
export const createMysqlBank = async (serverUrl: string, database: string, signal: AbortSignal): Promise<void> => {
  const connection = await connectedMysql(serverUrl);
  await connection.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4; USE ${database}; ${tables}`);
  for (const statement of fill()) {
    signal.throwIfAborted();
    await connection.query(statement);
  }
  await connection.end();
};

/** One more transfer, which nothing follows; returns its number. */
export const lastTransfer = async (url: string): Promise<number> => {
  const connection = await connectedMysql(url);
  const [result] = await connection.query('INSERT INTO history (teller, branch, account, delta) VALUES (1, 1, 1, 0)');
  await connection.end();
  return 'insertId' in result ? result.insertId : 0;
};

/** Rows as text, in the order of it. */
export async function* bankRows(url: string, table: keyof typeof columns): AsyncGenerator<string> {
  const connection = await connectedMysql(url);
  const time = table === 'history' ? ', unix_timestamp(at)' : '';
  const query = `SELECT id, concat_ws(',', ${keyText('id')}, ${columns[table].join(', ')}${time}) AS line
    FROM ${table} WHERE id > ? ORDER BY id LIMIT ${rowsPerTransaction}`;
  try {
    for (let last: unknown = 0; ; ) {
      const [rows] = await connection.query(query, [last]);
      if (!Array.isArray(rows) || rows.length === 0) return;
      for (const row of rows as { readonly id: number; readonly line: string }[]) {
        yield row.line;
        last = row.id;
      }
    }
  } finally {
    await connection.end();
  }
}
