import type { Relation } from '@millrace/core';
import { planTable, type TablePlan } from '../target/table-plan.ts';
import type { TargetTable } from '../target/target-table.ts';

/** A target table that fits a relation. */
export const targetOf = (relation: Relation, change: Partial<TargetTable> = {}): TargetTable => ({
  oid: '1',
  schema: relation.schema,
  table: relation.table,
  kind: 'r',
  interferes: false,
  foreignPartitions: false,
  infiniteIntervals: true,
  primaryKey: null,
  columns: relation.columns
    .filter(({ generated }) => !generated)
    .map(({ name, native, nullable }) => ({
      name,
      type: native,
      typeReference: `pg_catalog.${native}`,
      notNull: nullable === false,
      default: null,
      identity: '',
      generated: false,
      deterministic: true,
    })),
  uniqueIndexes:
    relation.key === null
      ? []
      : [relation.key.flatMap((at) => relation.columns[at] ?? []).map(({ name }) => ({ name, equals: '=' }))],
  ...change,
});

export const planOf = (relation: Relation, target = targetOf(relation)): TablePlan => planTable(1, relation, target);
