import { type BankConnection, type BankDatabase, bankSqlOf } from './bank-sql.ts';

const branches = 3;
const tellers = 10;
const accounts = 50;

export const bankTables = ['accounts', 'branches', 'tellers', 'history'] as const;

/** The `tables` option for the bank: history has no key, so a row applied twice shows as an extra row. */
export const bankSelection = ['accounts', 'branches', 'tellers', { name: 'history', operations: ['insert'] }] as const;

export const createBank = async (database: BankDatabase, time = bankSqlOf(database.url).time): Promise<void> => {
  await database.query(`
    CREATE TABLE branches (id int PRIMARY KEY, balance bigint NOT NULL);
    CREATE TABLE tellers (id int PRIMARY KEY, balance bigint NOT NULL);
    CREATE TABLE accounts (id int PRIMARY KEY, balance bigint NOT NULL, note text);
    CREATE TABLE history (account int, delta bigint, at ${time});`);
};

const numbered = (count: number, row: (n: number) => string): string =>
  Array.from({ length: count }, (_, index) => `(${row(index + 1)})`).join(', ');

export const fillBank = async (database: BankDatabase): Promise<void> => {
  await database.query(`
    INSERT INTO branches VALUES ${numbered(branches, (n) => `${n}, 0`)};
    INSERT INTO tellers VALUES ${numbered(tellers, (n) => `${n}, 0`)};
    INSERT INTO accounts (id, balance, note) VALUES ${numbered(accounts, (n) => `${n}, 0, 'account ${n}'`)};`);
};

const upTo = (count: number): number => 1 + Math.floor(Math.random() * count);

/** One to six transfers in one transaction, which keep every sum equal; now and then an account changes its key. */
const transaction = (begin: string): string => {
  const transfers = Array.from({ length: upTo(6) }, () => {
    const [account, teller, branch, delta] = [upTo(accounts), upTo(tellers), upTo(branches), upTo(1_000) - 500];
    return `UPDATE accounts SET balance = balance + ${delta} WHERE abs(id) = ${account};
      UPDATE tellers SET balance = balance + ${delta} WHERE id = ${teller};
      UPDATE branches SET balance = balance + ${delta} WHERE id = ${branch};
      INSERT INTO history (account, delta) VALUES (${account}, ${delta})`;
  });
  const moved = Math.random() < 0.1 ? `UPDATE accounts SET id = -id WHERE abs(id) = ${upTo(accounts)};` : '';
  return `${begin}; ${moved} ${transfers.join(';')}; COMMIT`;
};

export interface Load extends AsyncDisposable {
  /** Ends the load; resolves with how many transactions were committed. */
  stop(): Promise<number>;
}

/** Transactions over real connections until stopped, `pause` ms between two of one connection. A connection that is lost is made again. */
export const startLoad = (url: string, { connections = 2, pause = 10 } = {}): Load => {
  const { begin, connect } = bankSqlOf(url);
  let stopped = false;
  const run = async (): Promise<number> => {
    let count = 0;
    while (!stopped) {
      let client: BankConnection | undefined;
      try {
        client = await connect(url);
        for (; !stopped; count++) {
          await client.query(transaction(begin));
          if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
        }
      } catch {
        // The server is down for a moment, on purpose.
        await new Promise((resolve) => setTimeout(resolve, 50));
      } finally {
        await client?.end().catch(() => {});
      }
    }
    return count;
  };
  const running = Promise.all(Array.from({ length: connections }, run));
  const stop = async () => {
    stopped = true;
    return (await running).reduce((sum, count) => sum + count, 0);
  };
  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) };
};

const sums = `SELECT (SELECT coalesce(sum(balance), 0) FROM accounts) AS accounts,
  (SELECT coalesce(sum(balance), 0) FROM branches) AS branches,
  (SELECT coalesce(sum(balance), 0) FROM tellers) AS tellers,
  (SELECT coalesce(sum(delta), 0) FROM history) AS history,
  (SELECT count(*) FROM accounts) AS count`;

export interface Poller extends AsyncDisposable {
  readonly polls: number;
  /** What was seen torn: every entry is half of a transaction that a reader could see. */
  readonly torn: readonly string[];
}

/** Reads the target in single statements, as fast as it answers. */
export const startPoller = (url: string): Poller => {
  const torn: string[] = [];
  const { connect } = bankSqlOf(url);
  let polls = 0;
  let stopped = false;
  const run = async (): Promise<void> => {
    while (!stopped) {
      let client: BankConnection | undefined;
      try {
        client = await connect(url);
        for (; !stopped; polls++) {
          const row = await client.row(sums);
          const [a, b, t, h] = ['accounts', 'branches', 'tellers', 'history'].map((name) => String(row[name]));
          if (a !== b || a !== t || a !== h) torn.push(JSON.stringify(row));
        }
      } catch {
        // The server is down, or the tables are not there yet.
        await new Promise((resolve) => setTimeout(resolve, 20));
      } finally {
        await client?.end().catch(() => {});
      }
    }
  };
  const running = run();
  return {
    torn,
    get polls() {
      return polls;
    },
    async [Symbol.asyncDispose]() {
      stopped = true;
      await running;
    },
  };
};
