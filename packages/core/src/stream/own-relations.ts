import { coreError } from '../errors/core-errors.ts';
import { qualifiedName, type Relation } from '../model/relation.ts';
import type { SideTask } from '../side/side-task.ts';

/** By qualified name; of a side stream, its table. */
export const ownRelations = (
  captured: readonly Relation[],
  task: SideTask | undefined,
): ReadonlyMap<string, Relation> => {
  const all = captured.map((relation) => [qualifiedName(relation), relation] as const);
  const own = task === undefined ? all : all.filter(([table]) => table === task.table);
  if (task !== undefined && own.length === 0)
    throw coreError('COPY_OUTDATED', `There is no table ${task.table} any more`, { details: { table: task.table } });
  return new Map(own);
};
