import { itemTable, itemValues } from '../workloads/item-table.ts';
import { backlogScenario } from './backlog-scenario.ts';

const numbers = 'CREATE SEQUENCE numbers';
const script = `INSERT INTO items SELECT ${itemValues('n')} FROM nextval('numbers') n;\n`;

export const smallTransactions = backlogScenario({
  name: 'small-transactions',
  summary: '200k transactions of one insert each',
  workload: (size) => {
    const transactions = size(200_000);
    return {
      tables: [itemTable],
      preload: [numbers],
      load: { kind: 'clients', script, clients: 4, transactions },
      changes: transactions,
    };
  },
  aims: [
    { form: 'default', synchronousCommit: 'on', target: 4, floor: 3 },
    { form: 'default', synchronousCommit: 'off', target: 1, floor: 0.8 },
  ],
});
