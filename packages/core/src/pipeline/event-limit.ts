import type { Change } from '../model/change.ts';
import { type ChangeBatch, changeBatch } from '../model/change-batch.ts';

/**
 * Cuts a group after the first transaction with which `remaining` changes are reached; a transaction is never cut
 * (invariant 4). Returns the group itself when it holds no later transaction. `open` is the
 * transaction whose parts were in the groups before.
 *
 * The cut group's position is that of the next transaction, which by its definition contains everything before it.
 */
export const cutAtLimit = (group: ChangeBatch, remaining: number, open: string | null): ChangeBatch => {
  if (group.changes.length <= remaining) return group;
  const kept: Change[] = [];
  let current = open;
  for (const change of group.changes) {
    const next = change.transaction;
    if (kept.length >= remaining && next !== null && current !== null && next.id !== current)
      return { ...changeBatch(kept, { position: next.position }), schemaChanges: group.schemaChanges };
    kept.push(change);
    current = next?.id ?? null;
  }
  return group;
};
