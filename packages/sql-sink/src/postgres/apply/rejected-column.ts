import { qualifiedName } from '@millrace/core';
import { type PostgresSession, postgresErrorOf, sqlstateOf } from '@millrace/postgres-client';
import type { Text } from '../../apply/text.ts';
import type { PlannedColumn } from '../target/table-plan.ts';
import type { RowOperation } from './operations.ts';

/** The columns whose values an operation writes, with the values. */
const written = (operation: RowOperation): readonly (readonly [PlannedColumn, Text])[] => {
  if (operation.kind === 'delete') return [];
  const columns = operation.kind === 'insert' ? operation.columns : operation.set;
  const first = operation.values.length - columns.length;
  return columns.map((column, at) => [column, operation.values[first + at] ?? null]);
};

/** A conversion by name cuts text that is too long, where writing it is an error. */
const isTooLong = (value: string, { fullType }: PlannedColumn): boolean => {
  const limit = /^character(?: varying)?\((\d+)\)$/.exec(fullType)?.[1];
  return limit !== undefined && [...value.trimEnd()].length > Number(limit);
};

const isRejected = async (
  session: PostgresSession,
  column: PlannedColumn,
  value: string,
  signal: AbortSignal,
): Promise<boolean> => {
  if (isTooLong(value, column)) return true;
  for (const type of [column.type, column.fullType]) {
    const error = await session.query(`SELECT CAST($1 AS ${type})`, [value], { signal }).catch((reason) => reason);
    if (sqlstateOf(error) !== null) return true;
  }
  return false;
};

/**
 * An error of class 22 (a value does not fit) that names the column too, which the server's own does not (invariant
 * 5); the error itself where no column is found or it is another one. The transaction has failed already.
 */
export const namingColumn = async (
  session: PostgresSession,
  operation: RowOperation,
  error: unknown,
  signal: AbortSignal,
  recover: () => Promise<unknown> = () => session.query('ROLLBACK', [], { signal }),
): Promise<unknown> => {
  const sqlstate = sqlstateOf(error);
  if (!sqlstate?.startsWith('22')) return error;
  await recover();
  for (const [column, value] of written(operation)) {
    if (value === null || !(await isRejected(session, column, value, signal))) continue;
    const table = qualifiedName(operation.plan.relation);
    return postgresErrorOf(
      'VALUE_REJECTED',
      `A value of ${table}.${column.name} does not fit its type ${column.fullType} (SQLSTATE ${sqlstate})`,
      { details: { sqlstate, table, column: column.name, type: column.fullType }, cause: error },
    );
  }
  return error;
};
