import { shapeOf } from '../../apply/row-operation.ts';
import type { BulkContext } from './bulk-context.ts';
import { expectingRows } from './expected-rows.ts';
import { literal, typedLiteral } from './literal.ts';
import type { RowOperation } from './operations.ts';
import type { Parameter } from './prepared-statements.ts';
import { plainStatement } from './statements.ts';

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
  const statement = (parameter: Parameter) =>
    expectingRows(
      plainStatement(operation, ({ type }) => parameter(type)),
      1,
    );
  const name = prepared.nameOf(shapeOf(operation), statement, (sql) => message.add(sql));
  const constants = operation.values.map(literal).join(', ');
  message.add(constants === '' ? `EXECUTE ${name}` : `EXECUTE ${name} (${constants})`);
};
