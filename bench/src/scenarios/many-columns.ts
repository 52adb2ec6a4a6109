import { inTransactions } from '../workloads/in-transactions.ts';
import type { Table } from '../workloads/workload.ts';
import { backlogScenario } from './backlog-scenario.ts';

/** Ten types, each with a value made of a number `n`. */
const types: readonly (readonly [type: string, value: string])[] = [
  ['int', '(n % 1000000)::int'],
  ['bigint', 'n * 1000003'],
  ['numeric(12,2)', '((n % 1000000)::numeric / 100)::numeric(12,2)'],
  ['text', "'text ' || n"],
  ['timestamptz', "timestamptz '2025-01-01 00:00:00Z' + n * interval '1 second'"],
  ['boolean', 'n % 3 = 0'],
  ['date', "date '2025-01-01' + (n % 1000)::int"],
  ['double precision', 'n::double precision / 7'],
  ['uuid', 'md5(n::text)::uuid'],
  ['jsonb', "jsonb_build_object('n', n)"],
];
/** Beside the key. */
const columns = Array.from({ length: 49 }, (_, index) => types[index % types.length] ?? ['int', 'NULL']);

const mixed: Table = {
  name: 'mixed',
  create: `CREATE TABLE mixed (id bigint PRIMARY KEY, ${columns.map(([type], index) => `c${index} ${type}`).join(', ')})`,
  keyed: true,
};

const insertMixed = (first: string, last: string): string =>
  `INSERT INTO mixed SELECT n, ${columns.map(([, value]) => value).join(', ')} FROM generate_series(${first}, ${last}) n`;

export const manyColumns = backlogScenario({
  name: 'columns',
  summary: '200k inserts of 50 columns of ten types, in transactions of 1,000',
  workload: (size) => {
    const rows = size(200_000);
    return {
      tables: [mixed],
      preload: [],
      load: { kind: 'statements', statements: [inTransactions({ rows, perTransaction: 1_000 }, insertMixed)] },
      changes: rows,
    };
  },
  aims: [{ form: 'default', synchronousCommit: 'on', target: 1, floor: null }],
});
