import { MillraceError, qualifiedName } from '@millrace/core';
import { mysqlErrorOf } from '@millrace/mysql-client';
import type { Text } from '../../apply/text.ts';
import type { PlannedColumn, TablePlan } from '../target/table-plan.ts';

/** A value that the target cannot hold, as an error that says which column it is for. */
export const rejectedIn = (error: unknown, { relation }: TablePlan, column: PlannedColumn): unknown => {
  if (!(error instanceof MillraceError) || error.code !== 'VALUE_REJECTED') return error;
  const table = qualifiedName(relation);
  return mysqlErrorOf(
    'VALUE_REJECTED',
    `A value of ${table}.${column.name} does not fit its type ${column.type}: ${error.message}`,
    { details: { table, column: column.name, type: column.type } },
  );
};

/** A value as an SQL constant. Throws `VALUE_REJECTED` naming table and column. */
export const constant = (plan: TablePlan, column: PlannedColumn, value: Text): string => {
  if (value === null) return 'NULL';
  try {
    return column.form.literal(value);
  } catch (error) {
    throw rejectedIn(error, plan, column);
  }
};
