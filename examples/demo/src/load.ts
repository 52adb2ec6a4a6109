import { accounts, branches, tellers } from './bank.ts';
import type { BankDatabase } from './server-kinds.ts';

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

/** The transactions of TPC-B over real connections, until the signal. Returns how many were committed. */
export const runLoad = async (database: BankDatabase, connections: number, signal: AbortSignal): Promise<number> => {
  const run = async (): Promise<number> => {
    const connection = await database.connect();
    let count = 0;
    for (; !signal.aborted; count++) await connection.query(transfer());
    await connection.end();
    return count;
  };
  const counts = await Promise.all(Array.from({ length: connections }, run));
  return counts.reduce((sum, count) => sum + count, 0);
};
