import pg from 'pg';

export const branches = 10;
export const tellers = 10 * branches;
export const accounts = 100_000 * branches;
export const transfers = 200_000;

const tables = `
  CREATE TABLE branches (id int PRIMARY KEY, balance bigint NOT NULL, filler text);
  CREATE TABLE tellers (id int PRIMARY KEY, branch int NOT NULL, balance bigint NOT NULL, filler text);
  CREATE TABLE accounts (id int PRIMARY KEY, branch int NOT NULL, balance bigint NOT NULL, filler text);
  CREATE TABLE history (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, teller int, branch int, account int,
    delta bigint, at timestamptz DEFAULT now());`;

const fill = [
  `INSERT INTO branches SELECT n, 0, repeat('b', 80) FROM generate_series(1, ${branches}) n`,
  `INSERT INTO tellers SELECT n, 1 + n % ${branches}, 0, repeat('t', 80) FROM generate_series(1, ${tellers}) n`,
  `INSERT INTO accounts SELECT n, 1 + n % ${branches}, 0, repeat('a', 80) FROM generate_series(1, ${accounts}) n`,
  `INSERT INTO history (teller, branch, account, delta)
    SELECT 1 + n % ${tellers}, 1 + n % ${branches}, n, 0 FROM generate_series(1, ${transfers}) n`,
  // Without it nobody knows how many rows there are.
  'VACUUM ANALYZE',
];

/** What `--schema` does to the bank while it is at work. */
export const schemaChanges = [
  "ALTER TABLE accounts ADD note text DEFAULT 'none'",
  'ALTER TABLE tellers RENAME filler TO remark',
  'ALTER TABLE history ALTER delta TYPE numeric(20, 2)',
] as const;

/** Runs one statement. */
export const runStatement = async (url: string, statement: string): Promise<void> => {
  const client = await connected(url);
  await client.query(statement);
  await client.end();
};

export const tableNames = ['branches', 'tellers', 'accounts', 'history'] as const;

export const connected = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
};

/** A bank that has been at work for a while. */
export const createBank = async (url: string): Promise<void> => {
  const client = await connected(url);
  for (const statement of [tables, ...fill]) await client.query(statement);
  await client.end();
};

const upTo = (count: number): number => 1 + Math.floor(Math.random() * count);

/** Money moved, in the SQL of every server. In this order two connections never wait for each other in a circle. */
const transfer = (): string => {
  const [teller, branch, account] = [upTo(tellers), upTo(branches), upTo(accounts)];
  const delta = upTo(10_000) - 5_000;
  return `BEGIN;
    UPDATE accounts SET balance = balance + ${delta} WHERE id = ${account};
    UPDATE tellers SET balance = balance + ${delta} WHERE id = ${teller};
    UPDATE branches SET balance = balance + ${delta} WHERE id = ${branch};
    INSERT INTO history (teller, branch, account, delta) VALUES (${teller}, ${branch}, ${account}, ${delta});
    COMMIT`;
};

/** A connection that takes several statements at once. */
interface Connection {
  query(statements: string): Promise<unknown>;
  end(): Promise<unknown>;
}

/** The transactions of TPC-B over real connections, until the signal. Returns how many were committed. */
export const runLoad = async (
  connect: () => Promise<Connection>,
  connections: number,
  signal: AbortSignal,
): Promise<number> => {
  const run = async (): Promise<number> => {
    const connection = await connect();
    let count = 0;
    for (; !signal.aborted; count++) await connection.query(transfer());
    await connection.end();
    return count;
  };
  const counts = await Promise.all(Array.from({ length: connections }, run));
  return counts.reduce((sum, count) => sum + count, 0);
};
