import { randomUUID } from 'node:crypto';
import { until } from '@millrace/test/harness';
import type { BankDatabase } from './server-kinds.ts';

export const branches = 10;
export const tellers = 10 * branches;
export const accounts = 100_000 * branches;
const transfers = 200_000;

export const tableNames = ['branches', 'tellers', 'accounts', 'history'] as const;

const rowsPerTransaction = 10_000;

const tables = ({ sql: { identity, time } }: BankDatabase) => `
  CREATE TABLE branches (id int PRIMARY KEY, balance bigint NOT NULL, filler varchar(80) NOT NULL);
  CREATE TABLE tellers (id int PRIMARY KEY, branch int NOT NULL, balance bigint NOT NULL, filler varchar(80) NOT NULL);
  CREATE TABLE accounts (id int PRIMARY KEY, branch int NOT NULL, balance bigint NOT NULL, filler varchar(80) NOT NULL);
  CREATE TABLE history (id bigint ${identity} PRIMARY KEY, teller int NOT NULL, branch int NOT NULL,
    account int NOT NULL, delta bigint NOT NULL, at ${time} NOT NULL DEFAULT CURRENT_TIMESTAMP(6))`;

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

/** A bank that has been at work for a while. */
export const createBank = async (database: BankDatabase, signal: AbortSignal): Promise<void> => {
  await database.query(tables(database));
  for (const statement of [...fill(), database.sql.analyze]) {
    signal.throwIfAborted();
    await database.query(statement);
  }
};

/** What `--schema` does to the bank while it is at work. */
export const schemaChanges = [
  "ALTER TABLE accounts ADD note text DEFAULT 'none'",
  'ALTER TABLE tellers RENAME filler TO remark',
  'ALTER TABLE history ALTER delta TYPE numeric(20, 2)',
] as const;

/** Resolves when the target has everything that is at the source by now: transactions arrive in order. */
export const arrives = async (source: BankDatabase, target: BankDatabase, signal: AbortSignal): Promise<void> => {
  const mark = randomUUID();
  await source.query(`UPDATE branches SET filler = '${mark}' WHERE id = 1`);
  const has = async () => (await target.query(`SELECT 1 FROM branches WHERE filler = '${mark}'`)).length === 1;
  await until(has, { describe: 'the last change at the target', timeout: 120_000, signal });
};
