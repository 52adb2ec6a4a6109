import type { Change } from '../model/change.ts';
import { batchEnd, type ChangeBatch, changeBatch } from '../model/change-batch.ts';
import type { Tables } from '../snapshot/table-progress.ts';

/** Leaves out the changes of tables that are aside: a side stream applies them. */
export const withoutAside = (group: ChangeBatch, tables: Tables): ChangeBatch => {
  const isAside = (table: string) => tables[table]?.state === 'aside';
  if (![...group.tables.keys()].some(isAside)) return group;
  const kept: Change[] = [];
  for (const change of group.changes) if (!isAside(change.table)) kept.push(change);
  return { ...changeBatch(kept, batchEnd(group), group.bytes), schemaChanges: group.schemaChanges };
};
