import type { Table } from '../workloads/workload.ts';
import { backlogScenario } from './backlog-scenario.ts';

const branches = 10;
const tellers = 10 * branches;
const accounts = 10_000 * branches;

const balances = (name: string, more = ''): Table => ({
  name,
  create: `CREATE TABLE ${name} (id int PRIMARY KEY, ${more}balance bigint NOT NULL, filler text)`,
  keyed: true,
});

const tables: readonly Table[] = [
  balances('branches'),
  balances('tellers', 'branch int NOT NULL, '),
  balances('accounts', 'branch int NOT NULL, '),
  {
    name: 'history',
    create: 'CREATE TABLE history (teller int, branch int, account int, delta bigint, at timestamptz DEFAULT now())',
    keyed: false,
  },
];

const preload = [
  `INSERT INTO branches SELECT n, 0, repeat('b', 80) FROM generate_series(1, ${branches}) n`,
  `INSERT INTO tellers SELECT n, 1 + n % ${branches}, 0, repeat('t', 80) FROM generate_series(1, ${tellers}) n`,
  `INSERT INTO accounts SELECT n, 1 + n % ${branches}, 0, repeat('a', 80) FROM generate_series(1, ${accounts}) n`,
];

/** In this order two clients never wait for each other in a circle. Sent in one piece, so that it does not take long. */
const script = `\\set account random(1, ${accounts})
\\set teller random(1, ${tellers})
\\set branch random(1, ${branches})
\\set delta random(-5000, 5000)
\\startpipeline
BEGIN;
UPDATE accounts SET balance = balance + :delta WHERE id = :account;
UPDATE tellers SET balance = balance + :delta WHERE id = :teller;
UPDATE branches SET balance = balance + :delta WHERE id = :branch;
INSERT INTO history (teller, branch, account, delta) VALUES (:teller, :branch, :account, :delta);
COMMIT;
\\endpipeline
`;

const changesPerTransaction = 4;

export const tpcb = backlogScenario({
  name: 'tpcb',
  summary: '100k transactions of TPC-B, from 4 clients: three updates and an insert each',
  workload: (size) => {
    const transactions = size(100_000);
    return {
      tables,
      preload,
      load: { kind: 'clients', script, clients: 4, transactions },
      changes: changesPerTransaction * transactions,
    };
  },
  aims: [
    { form: 'default', synchronousCommit: 'on', target: 3.5, floor: 2 },
    { form: 'default', synchronousCommit: 'off', target: 1.7, floor: 1 },
  ],
});
