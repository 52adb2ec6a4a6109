import type { ScriptSession } from '@millrace/mysql-client';
import type { MissingColumns } from '../../target/key-columns.ts';
import { type Planner, Plans } from '../../target/plans.ts';
import type { TargetNames } from '../../target/target-names.ts';
import { readTargetTables } from './read-target-tables.ts';
import { planTable, type TablePlan } from './table-plan.ts';
import type { TargetTable } from './target-table.ts';

export type TablePlans = Plans<ScriptSession, TargetTable, TablePlan>;

const planner: Planner<ScriptSession, TargetTable, TablePlan> = {
  read: readTargetTables,
  plan: (id, named, target, missing, source, { server }) => planTable(id, named, target, missing, source, server),
};

export const tablePlans = (names: TargetNames, missing?: MissingColumns): TablePlans =>
  new Plans(names, planner, missing);
