import type { Run } from './apply-sequentially.ts';
import type { InsertOperation, UpdateOperation } from './row-operation.ts';
import { keyCondition } from './statements.ts';

/** Whether an update marks its row as deleted. */
export const marksDeleted = ({ plan: { deletedAt }, match, set, values }: UpdateOperation): boolean => {
  const at = deletedAt === null ? -1 : set.indexOf(deletedAt);
  return at >= 0 && match.by === 'key' && values[values.length - set.length + at] !== null;
};

/** Whether the row that an insert has met is marked as deleted. */
export const isMarkedDeleted = async (run: Run, { plan, columns, values }: InsertOperation): Promise<boolean> => {
  const { key, deletedAt, from } = plan;
  if (key === null || deletedAt === null) return false;
  const keys = key.map((column) => values[columns.indexOf(column)] ?? null);
  const rows = await run({ kind: 'delete', plan, match: { by: 'key' }, values: keys }, (slot) => ({
    ctes: [],
    statement: `SELECT 1 FROM ${from} WHERE ${keyCondition(plan, slot)} AND ${deletedAt.quoted} IS NOT NULL`,
  }));
  return rows > 0;
};

/** A row that is marked as deleted gives way to one that gets its key. */
export const makeRoom = async (run: Run, { plan, keyChanged, set, values }: UpdateOperation): Promise<void> => {
  const { key, deletedAt, from } = plan;
  if (key === null || deletedAt === null || !keyChanged) return;
  const keys = key.map((column, at) => {
    const changed = set.indexOf(column);
    return (changed < 0 ? values[at] : values[key.length + changed]) ?? null;
  });
  await run({ kind: 'delete', plan, match: { by: 'key' }, values: keys }, (slot) => ({
    ctes: [],
    statement: `DELETE FROM ${from} WHERE ${keyCondition(plan, slot)} AND ${deletedAt.quoted} IS NOT NULL`,
  }));
};
