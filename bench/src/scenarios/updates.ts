import { inTransactions } from '../workloads/in-transactions.ts';
import { insertItems, itemTable, updateItems } from '../workloads/item-table.ts';
import { backlogScenario } from './backlog-scenario.ts';

export const updates = backlogScenario({
  name: 'updates',
  summary: '500k updates by key in transactions of 1,000',
  workload: (size) => {
    const rows = size(500_000);
    return {
      tables: [itemTable],
      preload: [insertItems('1', String(rows))],
      load: { kind: 'statements', statements: [inTransactions({ rows, perTransaction: 1_000 }, updateItems)] },
      changes: rows,
    };
  },
  aims: [{ form: 'default', synchronousCommit: 'on', target: 1.25, floor: 0.85 }],
});
