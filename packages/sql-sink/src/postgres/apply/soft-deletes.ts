import type { PlannedColumn, TablePlan } from '../target/table-plan.ts';
import type { Run } from './apply-sequentially.ts';
import type { UpdateOperation } from './operations.ts';
import { keyCondition } from './statements.ts';

/** Whether an update marks its row as deleted. */
export const marksDeleted = ({ plan: { deletedAt }, match, set, values }: UpdateOperation): boolean => {
  const at = deletedAt === null ? -1 : set.indexOf(deletedAt);
  return at >= 0 && match.by === 'key' && values[values.length - set.length + at] !== null;
};

/**
 * What an insert does where a row with its key is there: it takes the place of one that is marked as deleted, and meets no
 * other. A number that the target gives can only ever be given with a new row.
 */
export const revivingClause = ({ key, deletedAt }: TablePlan, columns: readonly PlannedColumn[]): string => {
  const keys = key ?? [];
  const target = `ON CONFLICT (${keys.map(({ quoted }) => quoted).join(', ')})`;
  if (deletedAt === null || columns.some((column) => column.always && !keys.includes(column)))
    return `${target} DO NOTHING`;
  // Keys that are equal may still read differently.
  const set = columns.filter((column) => !column.always && !(column.exact && keys.includes(column)));
  const assignments = set.map(({ quoted }) => `${quoted} = EXCLUDED.${quoted}`);
  return `${target} DO UPDATE SET ${assignments.join(', ')} WHERE t.${deletedAt.quoted} IS NOT NULL`;
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
