import type { PlannedColumn, TablePlan } from '../target/table-plan.ts';
import type { RowStatement } from './expected-rows.ts';
import type { DeleteOperation, InsertOperation, Match, RowOperation, UpdateOperation } from './operations.ts';
import { revivingClause } from './soft-deletes.ts';

/**
 * Gives the SQL that stands for the next value of an operation, a parameter or a constant. It is asked once for each
 * value, in their order.
 */
export type Slot = (column: PlannedColumn) => string;

const list = (columns: readonly PlannedColumn[]): string => columns.map(({ quoted }) => quoted).join(', ');

const overriding = (columns: readonly PlannedColumn[]): string =>
  columns.some(({ always }) => always) ? ' OVERRIDING SYSTEM VALUE' : '';

export const keyCondition = ({ key }: TablePlan, slot: Slot): string =>
  (key ?? []).map((column) => `${column.quoted} ${column.equals} ${slot(column)}`).join(' AND ');

/**
 * Finds a row by its columns. Equal text is what the source means by its old row: some types have no equality, and
 * for others (`numeric`, `interval`) values that differ are equal. `=` stands where it says the same, for an index.
 */
const rowCondition = ({ columns, nulls }: Extract<Match, { by: 'row' }>, slot: Slot): string => {
  const conditions = columns.map((column, at) => {
    const { quoted, exact, fullType } = column;
    // A composite value whose fields are all null IS NULL without being null.
    if (nulls[at]) return `${quoted} IS NOT DISTINCT FROM NULL`;
    if (exact) return `${quoted} = ${slot(column)}`;
    return `CAST(${quoted} AS text) = CAST(CAST(${slot(column)} AS ${fullType}) AS text)`;
  });
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
};

/** The condition that meets the row, and the queries it needs in front. */
const where = (plan: TablePlan, match: Match, slot: Slot): { readonly ctes: string[]; readonly condition: string } =>
  match.by === 'key'
    ? { ctes: [], condition: keyCondition(plan, slot) }
    : {
        // Exactly one of several equal rows.
        ctes: [
          `one AS MATERIALIZED (SELECT tableoid AS t, ctid AS c FROM ${plan.from} WHERE ${rowCondition(match, slot)} LIMIT 1)`,
        ],
        condition: 'ctid = (SELECT c FROM one) AND tableoid = (SELECT t FROM one)',
      };

const onConflict = (plan: TablePlan, columns: readonly PlannedColumn[]): string =>
  plan.key === null ? '' : ` ${revivingClause(plan, columns)}`;

/** Inserts a row; without any effect where a row with its key is there, if `unlessThere`. One that is marked as deleted is overwritten. */
export const insertStatement = ({ plan, columns }: InsertOperation, slot: Slot, unlessThere: boolean): RowStatement => {
  const values =
    columns.length === 0
      ? 'DEFAULT VALUES'
      : `(${list(columns)})${overriding(columns)} VALUES (${columns.map(slot).join(', ')})`;
  const conflict = unlessThere || plan.deletedAt !== null ? onConflict(plan, columns) : '';
  return {
    ctes: [],
    statement: `INSERT INTO ${plan.into}${plan.deletedAt === null ? '' : ' AS t'} ${values}${conflict}`,
  };
};

/**
 * Updates the row. Identity columns that are GENERATED ALWAYS cannot be set; the row is only met if they hold the new
 * value already, and has to be moved otherwise.
 */
export const updateStatement = ({ plan, match, set }: UpdateOperation, slot: Slot): RowStatement => {
  const { ctes, condition } = where(plan, match, slot);
  const conditions = [condition];
  const assignments: string[] = [];
  for (const column of set) {
    const equal = `${column.quoted} = ${slot(column)}`;
    if (column.always) conditions.push(equal);
    else assignments.push(equal);
  }
  const rows = `WHERE ${conditions.join(' AND ')}`;
  const statement =
    assignments.length === 0
      ? `SELECT 1 FROM ${plan.from} ${rows}`
      : `UPDATE ${plan.from} SET ${assignments.join(', ')} ${rows}`;
  return { ctes, statement };
};

/** Deletes the row and inserts it anew, what was not sent as it was. */
export const moveStatement = ({ plan, match, set }: UpdateOperation, slot: Slot): RowStatement => {
  const { ctes, condition } = where(plan, match, slot);
  const sent = new Map(set.map((column) => [column.quoted, `CAST(${slot(column)} AS ${column.type})`]));
  const values = plan.writable.map((quoted) => sent.get(quoted) ?? quoted);
  const moved = `moved AS (DELETE FROM ${plan.from} WHERE ${condition} RETURNING *)`;
  const target = `${plan.into} (${plan.writable.join(', ')}) OVERRIDING SYSTEM VALUE`;
  return { ctes: [...ctes, moved], statement: `INSERT INTO ${target} SELECT ${values.join(', ')} FROM moved` };
};

export const deleteStatement = ({ plan, match }: DeleteOperation, slot: Slot): RowStatement => {
  const { ctes, condition } = where(plan, match, slot);
  return { ctes, statement: `DELETE FROM ${plan.from} WHERE ${condition}` };
};

/** Whether a key column has to change that only a new row can have. */
export const mustMove = ({ plan, set }: UpdateOperation): boolean =>
  set.some((column) => column.always && plan.key?.includes(column) === true);

/** The one statement that carries an operation out, if the target holds what the source held. */
export const plainStatement = (operation: RowOperation, slot: Slot): RowStatement => {
  switch (operation.kind) {
    case 'insert':
      return insertStatement(operation, slot, false);
    case 'update':
      return mustMove(operation) ? moveStatement(operation, slot) : updateStatement(operation, slot);
    case 'delete':
      return deleteStatement(operation, slot);
  }
};
