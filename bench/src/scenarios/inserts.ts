import { inTransactions } from '../workloads/in-transactions.ts';
import { insertItems, itemTable } from '../workloads/item-table.ts';
import { backlogScenario } from './backlog-scenario.ts';

export const inserts = backlogScenario({
  name: 'inserts',
  summary: '1M inserts in transactions of 1,000',
  workload: (size) => {
    const rows = size(1_000_000);
    return {
      tables: [itemTable],
      preload: [],
      load: { kind: 'statements', statements: [inTransactions({ rows, perTransaction: 1_000 }, insertItems)] },
      changes: rows,
    };
  },
  aims: [
    { form: 'binary', synchronousCommit: 'on', target: 1.5, floor: 1.1 },
    { form: 'text', synchronousCommit: 'on', target: 1.2, floor: 0.85 },
  ],
});
