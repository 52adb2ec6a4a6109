import { inTransactions } from '../workloads/in-transactions.ts';
import type { Table } from '../workloads/workload.ts';
import { backlogScenario } from './backlog-scenario.ts';

const customers: Table = {
  name: 'customers',
  create: 'CREATE TABLE customers (code text PRIMARY KEY, visits int NOT NULL, name text NOT NULL)',
  keyed: true,
};

/** 30 characters in an order that is not that of the numbers. */
const code = "left('c-' || md5(n::text), 30)";

const insertCustomers = (first: string, last: string): string =>
  `INSERT INTO customers SELECT ${code}, 0, 'Customer ' || n FROM generate_series(${first}, ${last}) n`;

const updateCustomers = (first: string, last: string): string =>
  `UPDATE customers SET visits = visits + 1
    WHERE code IN (SELECT ${code} FROM generate_series(${first}, ${last}) n)`;

export const textKeys = backlogScenario({
  name: 'text-keys',
  summary: '300k inserts and 200k updates of a table with a text key of 30 characters, in transactions of 1,000',
  workload: (size) => {
    const [inserted, updated] = [size(300_000), size(200_000)];
    const perTransaction = 1_000;
    return {
      tables: [customers],
      preload: [],
      load: {
        kind: 'statements',
        statements: [
          inTransactions({ rows: inserted, perTransaction }, insertCustomers),
          inTransactions({ rows: updated, perTransaction }, updateCustomers),
        ],
      },
      changes: inserted + updated,
    };
  },
  aims: [{ form: 'default', synchronousCommit: 'on', target: 1, floor: null }],
});
