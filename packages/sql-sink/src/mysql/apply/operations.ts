import type * as shared from '../../apply/row-operation.ts';
import type { TablePlan } from '../target/table-plan.ts';

/** What changes of rows ask of a table of MySQL or MariaDB. */
export type InsertOperation = shared.InsertOperation<TablePlan>;
export type UpdateOperation = shared.UpdateOperation<TablePlan>;
export type DeleteOperation = shared.DeleteOperation<TablePlan>;
export type RowOperation = shared.RowOperation<TablePlan>;
