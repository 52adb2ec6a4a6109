import { inTransactions } from '../workloads/in-transactions.ts';
import { insertItems, itemTable } from '../workloads/item-table.ts';
import { backlogScenario } from './backlog-scenario.ts';

/** What `upper-case-note` makes of a row. */
const transformed = '(t.id, t.quantity, t.price, upper(t.note), t.changed_at, t.attributes)::text';

export const transform = backlogScenario({
  name: 'transform',
  summary: '1M inserts of which a function rewrites one column; the native side rewrites nothing',
  workload: (size) => {
    const rows = size(1_000_000);
    return {
      tables: [{ ...itemTable, transformed }],
      preload: [],
      load: { kind: 'statements', statements: [inTransactions({ rows, perTransaction: 1_000 }, insertItems)] },
      changes: rows,
    };
  },
  transform: 'upper-case-note',
  aims: [{ form: 'text', synchronousCommit: 'on', target: 0.9, floor: 0.65 }],
});
