import type { Text } from '../../apply/text.ts';
import type { PlannedColumn, TablePlan } from '../target/table-plan.ts';
import { isSameValue } from '../values/compared-value.ts';
import { constant } from './constant.ts';
import type { DeleteOperation, InsertOperation, RowOperation, UpdateOperation } from './operations.ts';

const list = (columns: readonly PlannedColumn[]): string => columns.map(({ quoted }) => quoted).join(', ');

const assignments = (plan: TablePlan, columns: readonly PlannedColumn[], values: readonly Text[]): string =>
  columns.map((column, at) => `${column.quoted} = ${constant(plan, column, values[at] ?? null)}`).join(', ');

/** What stands before the rows of an INSERT. */
export const insertInto = ({ name }: TablePlan, columns: readonly PlannedColumn[]): string =>
  `INSERT INTO ${name} (${list(columns)}) VALUES `;

/** What sets the columns of a row that is there to those of the row that was to be inserted, but for its key. */
export const orUpdate = ({ key }: TablePlan, columns: readonly PlannedColumn[]): string => {
  const others = columns.filter((column) => key?.includes(column) !== true);
  const set = others.length > 0 ? others : columns.slice(0, 1);
  return ` ON DUPLICATE KEY UPDATE ${set.map(({ quoted }) => `${quoted} = VALUES(${quoted})`).join(', ')}`;
};

/** Meets the row with this key. */
export const keyCondition = (plan: TablePlan, values: readonly Text[]): string =>
  (plan.key ?? [])
    .map((column, at) => `${column.quoted} = ${constant(plan, column, values[at] ?? null)}`)
    .join(' AND ');

/** Meets the rows with these keys. */
export const keyList = (plan: TablePlan, keys: readonly (readonly Text[])[]): string => {
  const [column, second] = plan.key ?? [];
  if (column === undefined || second !== undefined)
    return keys.map((key) => `(${keyCondition(plan, key)})`).join(' OR ');
  return `${column.quoted} IN (${keys.map(([value = null]) => constant(plan, column, value)).join(', ')})`;
};

/** Meets rows that are equal, byte by byte, in every column that was sent: a table without a key has no other sign of them. */
const rowCondition = (operation: UpdateOperation | DeleteOperation): string => {
  const { plan, match, values } = operation;
  if (match.by === 'key') return keyCondition(plan, values);
  let next = 0;
  const conditions = match.columns.map((column, at) =>
    match.nulls[at]
      ? `${column.quoted} IS NULL`
      : isSameValue(column.quoted, column.type, constant(plan, column, values[next++] ?? null)),
  );
  return conditions.length === 0 ? 'TRUE' : conditions.join(' AND ');
};

/** Exactly one of several equal rows. */
const only = ({ match }: UpdateOperation | DeleteOperation): string => (match.by === 'key' ? '' : ' LIMIT 1');

export const insertStatement = ({ plan, columns, values }: InsertOperation): string =>
  `${insertInto(plan, columns)}(${columns.map((column, at) => constant(plan, column, values[at] ?? null)).join(', ')})`;

export const updateStatement = (operation: UpdateOperation): string => {
  const { plan, set, values } = operation;
  const where = ` WHERE ${rowCondition(operation)}${only(operation)}`;
  if (set.length === 0) return `SELECT 1 FROM ${plan.name}${where}`;
  return `UPDATE ${plan.name} SET ${assignments(plan, set, values.slice(-set.length))}${where}`;
};

const deleteStatement = (operation: DeleteOperation): string =>
  `DELETE FROM ${operation.plan.name} WHERE ${rowCondition(operation)}${only(operation)}`;

/** The one statement that carries an operation out, if the target holds what the source held. */
export const plainStatement = (operation: RowOperation): string => {
  switch (operation.kind) {
    case 'insert':
      return insertStatement(operation);
    case 'update':
      return updateStatement(operation);
    case 'delete':
      return deleteStatement(operation);
  }
};
