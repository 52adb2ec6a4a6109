import type { ColumnChange } from '../model/schema-change.ts';
import { behaviorOf, type SchemaChangesOption } from './schema-policy.ts';

/** The names of columns that a table gets. */
export const newNames = (columns: readonly ColumnChange[]): readonly string[] =>
  columns.flatMap((each) => {
    if (each.kind === 'add-column') return [each.column.name];
    return each.kind === 'rename-column' ? [each.name] : [];
  });

/**
 * The columns that the source does not have any more and the target may still have, with values in them: a new one of such a
 * name finds them there.
 */
export const keptColumns = (
  kept: readonly string[],
  columns: readonly ColumnChange[],
  option: SchemaChangesOption,
): readonly string[] => {
  const gone = columns.flatMap((each) => {
    const behavior = behaviorOf(option, each.kind);
    if (each.kind === 'drop-column') return behavior === 'evolve' ? [] : [each.name];
    if (each.kind === 'rename-column') return behavior === 'evolve' || behavior === 'lenient' ? [] : [each.from];
    return [];
  });
  const added = newNames(columns);
  return [
    ...new Set([...kept.filter((name) => !added.includes(name)), ...gone.filter((name) => !added.includes(name))]),
  ];
};
