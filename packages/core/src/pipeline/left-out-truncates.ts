import type { ConnectorEvent } from '../contracts/connector-event.ts';
import { batchEnd, type ChangeBatch, changeBatch } from '../model/change-batch.ts';
import { schemaChanged, type TruncateBehavior } from '../schema/schema-policy.ts';

/**
 * A group without its truncates, where the options say that they are not applied: `ignore`. With `exception` throws
 * `SCHEMA_CHANGED` if there is one. The same group if there is none.
 */
export const leaveOutTruncates = (
  group: ChangeBatch,
  behavior: TruncateBehavior,
  report: (event: ConnectorEvent) => void,
): ChangeBatch => {
  if (behavior === 'evolve' || !hasTruncates(group)) return group;
  const changes = Array.from(group.changes);
  const tables = new Set(changes.flatMap(({ op, table }) => (op === 'truncate' ? [table] : [])));
  for (const table of tables) {
    if (behavior === 'exception') throw schemaChanged(table, ['the table was truncated']);
    report({
      type: 'schema',
      code: 'TRUNCATE_LEFT_OUT',
      message: `${table} was truncated: the target keeps its rows`,
      details: { table },
    });
  }
  const kept = changes.filter(({ op }) => op !== 'truncate');
  return { ...changeBatch(kept, batchEnd(group), group.bytes), schemaChanges: group.schemaChanges };
};

const hasTruncates = ({ changes }: ChangeBatch): boolean => {
  const { indexed } = changes;
  if (indexed === undefined) return Array.from(changes).some(({ op }) => op === 'truncate');
  for (let change = 0; change < indexed.length; change++) if (indexed.operation(change) === 'truncate') return true;
  return false;
};
