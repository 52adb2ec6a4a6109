import { type Change, qualifiedName, type RowImage } from '@millrace/core';
import { quoteQualified } from '@millrace/postgres-client';
import { sqlSinkError } from '../error-table.ts';
import type { PlannedColumn, TablePlan } from '../target/table-plan.ts';
import { checkText, type Text } from './literal.ts';

/** Which row an operation is about: the one with a key, or one of those equal in every column that was sent. */
export type Match =
  | { readonly by: 'key' }
  | { readonly by: 'row'; readonly columns: readonly PlannedColumn[]; readonly nulls: readonly boolean[] };

export interface InsertOperation {
  readonly kind: 'insert';
  readonly plan: TablePlan;
  /** A row of a snapshot: it may well meet the row itself. */
  readonly copied: boolean;
  readonly columns: readonly PlannedColumn[];
  /** One for each of `columns`. */
  readonly values: readonly Text[];
}

export interface UpdateOperation {
  readonly kind: 'update';
  readonly plan: TablePlan;
  readonly match: Match;
  /** What is written. The columns of an unchanged key are not among them. */
  readonly set: readonly PlannedColumn[];
  readonly keyChanged: boolean;
  /** Those of the match that are not NULL, then one for each of `set`. */
  readonly values: readonly Text[];
}

export interface DeleteOperation {
  readonly kind: 'delete';
  readonly plan: TablePlan;
  readonly match: Match;
  readonly values: readonly Text[];
}

/** What one change of a row asks of the target. */
export type RowOperation = InsertOperation | UpdateOperation | DeleteOperation;

/** What tells the statements of two operations apart: table, kind, and the columns they touch. */
export const shapeOf = (operation: RowOperation): string => {
  const columns = operation.kind === 'insert' ? operation.columns : operation.kind === 'update' ? operation.set : [];
  return `${operation.plan.id} ${operation.kind} ${columns.map(({ index }) => index).join()}`;
};

/** Whether a row says a column, be it NULL. */
export const isSent = (image: RowImage | null, { index }: PlannedColumn): image is RowImage => {
  const state = image?.state(index);
  return state === 'value' || state === 'null';
};

/** A value for the target. Throws `VALUE_REJECTED` for one that its text cannot hold. */
export const textOf = (plan: TablePlan, image: RowImage, column: PlannedColumn): Text => {
  const text = image.text(column.index);
  return text === null ? null : checkText(text, plan, column);
};

/** A change does not say which row it is about. */
export const notIdentified = (plan: TablePlan, reason: string) =>
  sqlSinkError('ROW_NOT_IDENTIFIED', `A change of ${qualifiedName(plan.relation)} ${reason}`, {
    hint: `ALTER TABLE ${quoteQualified(plan.source.schema, plan.source.table)} REPLICA IDENTITY FULL; at the source`,
    details: { table: qualifiedName(plan.relation) },
  });

/** The value that identifies the row: the old one where it was sent, which is when the key changed. */
const keyText = (plan: TablePlan, change: Change, column: PlannedColumn): string => {
  const { before, after } = change.image;
  const image = before?.state(column.index) === 'value' ? before : after;
  const text = image === null ? null : textOf(plan, image, column);
  if (text === null) throw notIdentified(plan, `came without a value for key column "${column.name}"`);
  return text;
};

const matchOf = (plan: TablePlan, change: Change): { readonly match: Match; readonly values: Text[] } => {
  if (plan.key !== null)
    return { match: { by: 'key' }, values: plan.key.map((column) => keyText(plan, change, column)) };
  const { before } = change.image;
  if (before === null || plan.relation.identity !== 'full')
    throw notIdentified(plan, 'says neither a key nor the whole old row');
  const columns = plan.columns.filter((column) => column.written && isSent(before, column));
  if (columns.length === 0 && plan.written.length > 0) throw notIdentified(plan, 'came with an empty old row');
  const nulls = columns.map(({ index }) => before.state(index) === 'null');
  const values = columns.filter((_, at) => !nulls[at]).map((column) => textOf(plan, before, column));
  return { match: { by: 'row', columns, nulls }, values };
};

/** A row as it is to be inserted: the columns that it says. */
export const insertOf = (plan: TablePlan, after: RowImage, copied: boolean): InsertOperation => {
  const columns = plan.written.every((column) => isSent(after, column))
    ? plan.written
    : plan.written.filter((column) => isSent(after, column));
  return { kind: 'insert', plan, copied, columns, values: columns.map((column) => textOf(plan, after, column)) };
};

const updateOf = (plan: TablePlan, change: Change, after: RowImage): UpdateOperation => {
  const { match, values } = matchOf(plan, change);
  const { before } = change.image;
  const set: PlannedColumn[] = [];
  let keyChanged = false;
  for (const column of plan.written) {
    if (!isSent(after, column)) continue;
    const text = textOf(plan, after, column);
    const at = plan.key?.indexOf(column) ?? -1;
    if (at >= 0 && values[at] === text) continue;
    // Its value can only be changed by moving the row; where the old row says that it did not change there is no need.
    if (column.always && isSent(before, column) && textOf(plan, before, column) === text) continue;
    if (at >= 0) keyChanged = true;
    set.push(column);
    values.push(text);
  }
  return { kind: 'update', plan, match, set, keyChanged, values };
};

/** What a change of a row asks of the target. Throws for a change that does not say which row it is about. */
export const rowOperation = (plan: TablePlan, change: Change): RowOperation => {
  const { after } = change.image;
  if (change.op === 'delete') return { kind: 'delete', plan, ...matchOf(plan, change) };
  if (after === null) throw notIdentified(plan, `(${change.op}) came without a row`);
  return change.op === 'update' ? updateOf(plan, change, after) : insertOf(plan, after, change.op === 'read');
};

/**
 * The row that an update leaves, as an insert; `null` when the log does not carry all of it. Columns that the update
 * left out are taken from the old row where that was sent whole.
 */
export const insertInstead = (plan: TablePlan, change: Change): InsertOperation | null => {
  const { after, before } = change.image;
  const values: Text[] = [];
  for (const column of plan.written) {
    const image = isSent(after, column) ? after : plan.relation.identity === 'full' ? before : null;
    if (!isSent(image, column)) return null;
    values.push(textOf(plan, image, column));
  }
  return { kind: 'insert', plan, copied: false, columns: plan.written, values };
};

/** An insert that met the row with its key, as an update of everything it carries. */
export const overwriteInstead = ({ plan, columns, values }: InsertOperation): UpdateOperation => {
  const key = plan.key ?? [];
  const valueFor = (column: PlannedColumn) => values[columns.indexOf(column)] ?? null;
  const set = columns.filter((column) => !key.includes(column));
  const match: Match = { by: 'key' };
  return { kind: 'update', plan, match, set, keyChanged: false, values: [...key, ...set].map(valueFor) };
};
