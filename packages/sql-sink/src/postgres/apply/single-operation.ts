import type { BulkContext } from './bulk-context.ts';
import { expectingRows } from './expected-rows.ts';
import { literal, typedLiteral } from './literal.ts';
import type { TypedStatement } from './prepared-statements.ts';
import type { RowOperation } from './row-operation.ts';
import { plainStatement } from './statements.ts';

/** What tells the statements of two operations apart: table, kind, and the columns they touch. */
const shapeOf = (operation: RowOperation): string => {
  const columns = operation.kind === 'insert' ? operation.columns : operation.kind === 'update' ? operation.set : [];
  return `${operation.plan.id} ${operation.kind} ${columns.map(({ index }) => index).join()}`;
};

/** The statement for all operations of one shape. */
const typedStatement = (operation: RowOperation): TypedStatement => {
  const types: string[] = [];
  const statement = plainStatement(operation, ({ type }) => `$${types.push(type)}`);
  return { types, text: expectingRows(statement, 1) };
};

/** Rows found by their columns: the shape depends on which are NULL, and finding the row costs more than planning. */
const constantStatement = (operation: RowOperation, rows: number): string => {
  let next = 0;
  const slot = (column: Parameters<typeof typedLiteral>[1]) => typedLiteral(operation.values[next++] ?? null, column);
  return expectingRows(plainStatement(operation, slot), rows);
};

/** Adds the statement for one row, which must meet exactly that row, or `rows`. */
export const addSingleOperation = (
  { message, prepared }: Pick<BulkContext, 'message' | 'prepared'>,
  operation: RowOperation,
  rows: 0 | 1 = 1,
): void => {
  if (rows === 0 || (operation.kind !== 'insert' && operation.match.by === 'row')) {
    message.add(constantStatement(operation, rows));
    return;
  }
  const make = () => typedStatement(operation);
  const name = prepared.nameOf(shapeOf(operation), make, (sql) => message.add(sql));
  const constants = operation.values.map(literal).join(', ');
  message.add(constants === '' ? `EXECUTE ${name}` : `EXECUTE ${name} (${constants})`);
};
