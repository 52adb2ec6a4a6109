import { insertItems, itemTable } from '../workloads/item-table.ts';
import { backlogScenario } from './backlog-scenario.ts';

export const oneTransaction = backlogScenario({
  name: 'one-transaction',
  summary: 'one transaction of 1M inserts',
  workload: (size) => {
    const rows = size(1_000_000);
    return {
      tables: [itemTable],
      preload: [],
      load: { kind: 'statements', statements: [insertItems('1', String(rows))] },
      changes: rows,
    };
  },
  aims: [{ form: 'default', synchronousCommit: 'on', target: 1.1, floor: 0.8 }],
});
