import type { PostgresSession } from '@millrace/postgres-client';
import type { MissingColumns } from '../../target/key-columns.ts';
import { Plans } from '../../target/plans.ts';
import type { TargetNames } from '../../target/target-names.ts';
import { readTargetTables } from './read-target-tables.ts';
import { planTable, type TablePlan } from './table-plan.ts';
import type { TargetTable } from './target-table.ts';

export type TablePlans = Plans<PostgresSession, TargetTable, TablePlan>;

export const tablePlans = (names: TargetNames, missing?: MissingColumns): TablePlans =>
  new Plans(names, { read: readTargetTables, plan: planTable }, missing);
