import type { TableEvolution } from '../contracts/sink.ts';
import { qualifiedName, type Relation } from '../model/relation.ts';
import type { ColumnChange } from '../model/schema-change.ts';
import { type AddedColumns, extendRelation } from '../pipeline/transformation.ts';
import {
  behaviorOf,
  describeColumnChange,
  evolutionStep,
  type SchemaChangesOption,
  schemaChanged,
} from './schema-policy.ts';
import { columnChanges, type TableShape } from './table-shape.ts';

export interface EvolutionPolicy {
  readonly schemaChanges: SchemaChangesOption;
  /** Columns that `transform` adds. */
  readonly added: AddedColumns;
}

/** What is to be done to a table of the target; nothing: it stays as it is. Throws `SCHEMA_CHANGED` where the options say so. */
export const tableEvolutions = (
  relation: Relation,
  columns: readonly ColumnChange[],
  { schemaChanges, added }: EvolutionPolicy,
): readonly TableEvolution[] => {
  const refused = columns.filter(({ kind }) => behaviorOf(schemaChanges, kind) === 'exception');
  if (refused.length > 0) throw schemaChanged(qualifiedName(relation), refused.map(describeColumnChange));
  const steps = columns
    .map((column) => evolutionStep(column, behaviorOf(schemaChanges, column.kind)))
    .filter((step) => step !== null);
  return steps.length === 0 ? [] : [{ relation: extendRelation(relation, added), steps }];
};

/** Rows of the target may lack values until they have been copied anew: a column that requires them stays optional then. */
export const toleratingMissing = (evolution: TableEvolution): TableEvolution => ({
  ...evolution,
  steps: evolution.steps.map((step) =>
    step.kind === 'alter-column-nullability' && !step.nullable ? { ...step, otherwise: 'skip' } : step,
  ),
});

/**
 * What makes a table of the target like the relation whose rows are copied into it, when it is like the shape or further: what
 * has changed, and every column that it may lack by now.
 */
export const copiedEvolutions = (
  relation: Relation,
  shape: TableShape,
  policy: EvolutionPolicy,
): readonly TableEvolution[] => {
  const changed = columnChanges(shape, relation);
  const adds = ['ignore', 'exception'].includes(behaviorOf(policy.schemaChanges, 'add-column'))
    ? []
    : columnChanges({}, relation);
  return [...tableEvolutions(relation, changed, policy), ...tableEvolutions(relation, adds, policy)];
};
