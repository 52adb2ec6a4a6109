import { inTransactions } from '../workloads/in-transactions.ts';
import { insertItems, itemTable } from '../workloads/item-table.ts';
import { backlogScenario } from './backlog-scenario.ts';

const deleteItems = (first: string, last: string): string => `DELETE FROM items WHERE id BETWEEN ${first} AND ${last}`;

export const deletes = backlogScenario({
  name: 'deletes',
  summary: '500k deletes by key in transactions of 1,000',
  workload: (size) => {
    const rows = size(500_000);
    return {
      tables: [itemTable],
      // Some rows stay, so that there is something to compare.
      preload: [insertItems('1', String(rows + 1_000))],
      load: { kind: 'statements', statements: [inTransactions({ rows, perTransaction: 1_000 }, deleteItems)] },
      changes: rows,
    };
  },
  aims: [{ form: 'default', synchronousCommit: 'on', target: 1.6, floor: 1 }],
});
