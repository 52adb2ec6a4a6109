import type { RowStatement } from '../apply/expected-rows.ts';
import type { DeleteOperation, InsertOperation, RowOperation, UpdateOperation } from '../apply/operations.ts';
import { deleteStatement, type Slot, updateStatement } from '../apply/statements.ts';
import { dependsOn, holdsValuesOf, type SecondaryKey } from '../target/secondary-keys.ts';
import type { PlannedColumn, TablePlan } from '../target/table-plan.ts';

const list = (columns: readonly PlannedColumn[]): string => columns.map(({ quoted }) => quoted).join(', ');

/** Of a table that gives rows a number of its own, beside their key: that is only ever given with a new row. */
export const isReplacedWhole = ({ written, key }: TablePlan): boolean =>
  written.some((column) => column.always && key?.includes(column) !== true);

/** The columns of a row that is there which an upsert sets. */
const overwritten = ({ key }: TablePlan, columns: readonly PlannedColumn[]): readonly PlannedColumn[] =>
  // Keys that are equal may still read differently.
  columns.filter((column) => !column.always && !(column.exact && key?.includes(column) === true));

/** Whether an upsert of these columns writes in every case; otherwise the row may be there as it is to be. */
export const alwaysWrites = (plan: TablePlan, columns: readonly PlannedColumn[]): boolean =>
  isReplacedWhole(plan) || overwritten(plan, columns).length > 0;

/** What an INSERT does where a row with its key is there. */
export const onKeyConflict = (plan: TablePlan, columns: readonly PlannedColumn[]): string => {
  const set = overwritten(plan, columns).map(({ quoted }) => `${quoted} = EXCLUDED.${quoted}`);
  return `ON CONFLICT (${list(plan.key ?? [])}) DO ${set.length === 0 ? 'NOTHING' : `UPDATE SET ${set.join(', ')}`}`;
};

/** Takes rows with values for these columns, also for those that the target would number itself. */
export const insertInto = ({ into }: TablePlan, columns: readonly PlannedColumn[]): string =>
  `INSERT INTO ${into} (${list(columns)})${columns.some(({ always }) => always) ? ' OVERRIDING SYSTEM VALUE' : ''}`;

/** The row `t` has the key that stands in the columns of `other`. */
export const sameKey = ({ key }: TablePlan, other: string): string =>
  (key ?? []).map(({ quoted, equals }) => `t.${quoted} ${equals} ${other}.${quoted}`).join(' AND ');

/** `only`: none but the rows for which it holds. */
const displaced = (plan: TablePlan, secondary: SecondaryKey, at: number): string =>
  `displaced_${at} AS (DELETE FROM ${plan.from} AS t WHERE ${holdsValuesOf(secondary, 'next')}
  AND (SELECT ${sameKey(plan, 'next')} FROM next) IS NOT TRUE RETURNING 1)`;

/** The order of statements in one is only certain where one asks for what another has done. */
const after = (queries: readonly string[]): string =>
  queries.map((name) => `(SELECT pg_catalog.count(*) FROM ${name}) >= 0`).join(' AND ');

const upsert = ({ plan, columns }: InsertOperation, secondary: readonly SecondaryKey[], slot: Slot): RowStatement => {
  const insert = insertInto(plan, columns);
  const conflict = onKeyConflict(plan, columns);
  const replaces = isReplacedWhole(plan);
  if (secondary.length === 0 && !replaces)
    return { ctes: [], statement: `${insert} VALUES (${columns.map(slot).join(', ')}) ${conflict}` };
  const values = columns.map((column) => `CAST(${slot(column)} AS ${column.type}) AS ${column.quoted}`);
  const next = `next AS (SELECT ${values.join(', ')})`;
  const replaced = `replaced AS (DELETE FROM ${plan.from} AS t USING next WHERE ${sameKey(plan, 'next')} RETURNING 1)`;
  const first = [...(replaces ? ['replaced'] : []), ...secondary.map((_, at) => `displaced_${at}`)];
  return {
    ctes: [next, ...(replaces ? [replaced] : []), ...secondary.map((one, at) => displaced(plan, one, at))],
    statement: `${insert} SELECT ${list(columns)} FROM next WHERE ${after(first)} ${conflict}`,
  };
};

const set = (operation: UpdateOperation, secondary: readonly SecondaryKey[], slot: Slot): RowStatement => {
  const { plan } = operation;
  const touched = secondary.filter((one) => dependsOn(one, operation.set));
  if (touched.length === 0) return updateStatement(operation, slot);
  const condition = (plan.key ?? [])
    .map((column) => `t.${column.quoted} ${column.equals} CAST(${slot(column)} AS ${column.type})`)
    .join(' AND ');
  const sent = operation.set.map((column) => `CAST(${slot(column)} AS ${column.type}) AS ${column.quoted}`);
  const kept = plan.written.filter(
    (column) =>
      !operation.set.includes(column) &&
      (plan.key?.includes(column) === true || touched.some((one) => dependsOn(one, [column]))),
  );
  const values = [...sent, ...kept.map(({ quoted }) => `t.${quoted}`)];
  const assignments = operation.set.filter(({ always }) => !always).map(({ quoted }) => `${quoted} = next.${quoted}`);
  // What is numbered by the target cannot be set: the row is only met if it has that number already.
  const numbers = operation.set.filter(({ always }) => always).map(({ quoted }) => `t.${quoted} = next.${quoted}`);
  const conditions = [sameKey(plan, 'next'), ...numbers, after(touched.map((_, at) => `displaced_${at}`))];
  return {
    ctes: [
      `next AS MATERIALIZED (SELECT ${values.join(', ')} FROM ${plan.from} AS t WHERE ${condition})`,
      ...touched.map((one, at) => displaced(plan, one, at)),
    ],
    statement:
      assignments.length === 0
        ? `SELECT 1 FROM ${plan.from} AS t, next WHERE ${conditions.join(' AND ')}`
        : `UPDATE ${plan.from} AS t SET ${assignments.join(', ')} FROM next WHERE ${conditions.join(' AND ')}`,
  };
};

/** Deletes the row if it is there. */
const remove = (operation: DeleteOperation, slot: Slot): RowStatement => deleteStatement(operation, slot);

/**
 * The statement that carries out what a step asks for a row found by its key: an insert writes the row whatever is
 * there, an update sets columns of it, a delete removes it. Rows of other keys that hold a value which can only be held
 * once give way first.
 */
export const displacingStatement = (
  operation: RowOperation,
  secondary: readonly SecondaryKey[],
  slot: Slot,
): RowStatement => {
  switch (operation.kind) {
    case 'insert':
      return upsert(operation, secondary, slot);
    case 'update':
      return set(operation, secondary, slot);
    case 'delete':
      return remove(operation, slot);
  }
};
