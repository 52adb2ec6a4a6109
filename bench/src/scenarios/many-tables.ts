import type { Table } from '../workloads/workload.ts';
import { backlogScenario } from './backlog-scenario.ts';

const count = 100;
const names = Array.from({ length: count }, (_, index) => `numbered_${index}`);

const tables: readonly Table[] = names.map((name) => ({
  name,
  create: `CREATE TABLE ${name} (id bigint PRIMARY KEY, quantity int NOT NULL, note text NOT NULL)`,
  keyed: true,
}));

/** One transaction: a row into each table, then the next row into each. */
const roundRobin = (rounds: number): string => `DO $load$ BEGIN
  FOR n IN 1..${rounds} LOOP
    ${names.map((name) => `INSERT INTO ${name} VALUES (n, n % 100, 'row ' || n);`).join('\n    ')}
  END LOOP;
END $load$`;

export const manyTables = backlogScenario({
  name: 'tables',
  summary: 'one transaction that inserts 1,000 rows into each of 100 tables, one row after the other into each',
  workload: (size) => {
    const rounds = size(1_000);
    return {
      tables,
      preload: [],
      load: { kind: 'statements', statements: [roundRobin(rounds)] },
      changes: rounds * count,
    };
  },
  aims: [{ form: 'default', synchronousCommit: 'on', target: 1, floor: null }],
});
