export { creationStatements } from './target/create-table.ts';
export { mysqlNames } from './target/mysql-types.ts';
export { readTargetTables } from './target/read-target-tables.ts';
export { type PlannedColumn, planTable, type TablePlan } from './target/table-plan.ts';
export { TablePlans } from './target/table-plans.ts';
export type { TargetColumn, TargetTable, UniqueIndex } from './target/target-table.ts';
export { type ValueForm, valueForm } from './values/value-form.ts';
