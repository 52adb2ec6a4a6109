import type { TableProgress } from '../contracts/checkpoint.ts';
import type { TableEvolution } from '../contracts/sink.ts';
import type { ColumnChange } from '../model/schema-change.ts';
import { behaviorOf, type EvolutionStep, type SchemaChangesOption } from './schema-policy.ts';

/** The columns that a target has, as far as its stream knows. */
export type KnownColumns = Pick<TableProgress, 'shape' | 'kept'>;

/** The names of columns that a table gets. */
const newNames = (columns: readonly ColumnChange[]): readonly string[] =>
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

const newName = (step: EvolutionStep): string | null =>
  step.kind === 'add-column' ? step.column.name : step.kind === 'rename-column' ? step.name : null;

/** What is kept makes room for a column that comes by its name: that is another one, of other values, and maybe of another type. */
export const settingKeptAside = (evolution: TableEvolution, kept: readonly string[]): TableEvolution => ({
  ...evolution,
  steps: evolution.steps.flatMap((step): readonly EvolutionStep[] => {
    const name = newName(step);
    if (name === null || !kept.includes(name)) return [step];
    return [{ kind: 'set-aside-column', name, otherwise: step.otherwise }, step];
  }),
});

/** What a target may have kept of a table that was copied beside the stream: what it had before, and has no more. */
export const keptBeside = (before: KnownColumns, copied: KnownColumns): Pick<TableProgress, 'kept'> => {
  const names = [...(before.kept ?? []), ...(copied.kept ?? []), ...Object.keys(before.shape ?? {})];
  const kept = [...new Set(names)].filter((name) => !Object.hasOwn(copied.shape ?? before.shape ?? {}, name));
  return kept.length === 0 ? {} : { kept };
};
