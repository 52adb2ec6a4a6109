import { MillraceError } from '@millrace/core';
import { quoteIdentifier, sqlstateOf } from '@millrace/postgres-client';
import { sqlSinkError } from '../../error-table.ts';

/** The error of a row that some constraint of the target still refused, with what to do; any other error as it is. */
export const constraintInTheWay = (error: unknown, table: string): unknown => {
  const sqlstate = sqlstateOf(error);
  if (sqlstate !== '23505' && sqlstate !== '23P01') return error;
  const constraint = error instanceof MillraceError ? error.details.constraint : null;
  const name = typeof constraint === 'string' ? ` ${quoteIdentifier(constraint)}` : '';
  return sqlSinkError(
    'CONSTRAINT_IN_THE_WAY',
    `Constraint${name} of target table ${table} refused a row: while the table is copied, rows of different moments meet there`,
    {
      hint: `Drop constraint or index${name} of ${table} at the target, and make it again once the table is live.`,
      details: { table, constraint: constraint ?? null, sqlstate },
      cause: error,
    },
  );
};
