import { type Change, qualifiedName, type Relation, type RowImage } from '@millrace/core';
import { sqlSinkError } from '../error-table.ts';
import type { ColumnOf, WrittenColumn, WrittenPlan } from '../target/written-plan.ts';
import type { Text } from './text.ts';

/** Which row an operation is about: the one with a key, or one of those equal in every column that was sent. */
export type Match<C> =
  | { readonly by: 'key' }
  | { readonly by: 'row'; readonly columns: readonly C[]; readonly nulls: readonly boolean[] };

export interface InsertOperation<P extends WrittenPlan = WrittenPlan> {
  readonly kind: 'insert';
  readonly plan: P;
  /** A row of a snapshot: it may well meet the row itself. */
  readonly copied: boolean;
  readonly columns: readonly ColumnOf<P>[];
  /** One for each of `columns`. */
  readonly values: readonly Text[];
}

export interface UpdateOperation<P extends WrittenPlan = WrittenPlan> {
  readonly kind: 'update';
  readonly plan: P;
  readonly match: Match<ColumnOf<P>>;
  /** What is written. The columns of an unchanged key are not among them. */
  readonly set: readonly ColumnOf<P>[];
  readonly keyChanged: boolean;
  /** Those of the match that are not NULL, then one for each of `set`. */
  readonly values: readonly Text[];
}

export interface DeleteOperation<P extends WrittenPlan = WrittenPlan> {
  readonly kind: 'delete';
  readonly plan: P;
  readonly match: Match<ColumnOf<P>>;
  readonly values: readonly Text[];
}

/** What one change of a row asks of the target. */
export type RowOperation<P extends WrittenPlan = WrittenPlan> =
  | InsertOperation<P>
  | UpdateOperation<P>
  | DeleteOperation<P>;

/** What tells the statements of two operations apart: table, kind, and the columns they touch. */
export const shapeOf = (operation: RowOperation): string => {
  const columns = operation.kind === 'insert' ? operation.columns : operation.kind === 'update' ? operation.set : [];
  return `${operation.plan.id} ${operation.kind} ${columns.map(({ index }) => index).join()}`;
};

/** Whether a row says a column, be it NULL. */
export const isSent = (image: RowImage | null, { index }: Pick<WrittenColumn, 'index'>): image is RowImage => {
  const state = image?.state(index);
  return state === 'value' || state === 'null';
};

/** A value for the target. Throws `VALUE_REJECTED` for one that its text cannot hold. */
export const textOf = (plan: WrittenPlan, image: RowImage, column: WrittenColumn): Text => {
  const text = image.text(column.index);
  return text === null ? null : plan.checkText(text, column);
};

/** The SQL that makes the source log what identifies rows. */
const wholeRowsLogged = ({ schema, table, dialect }: Relation): string =>
  dialect === 'mysql'
    ? 'SET PERSIST binlog_row_image = FULL;'
    : `ALTER TABLE "${schema.replaceAll('"', '""')}"."${table.replaceAll('"', '""')}" REPLICA IDENTITY FULL;`;

/** A change does not say which row it is about. */
export const notIdentified = ({ relation, source }: WrittenPlan, reason: string) =>
  sqlSinkError('ROW_NOT_IDENTIFIED', `A change of ${qualifiedName(relation)} ${reason}`, {
    hint: `${wholeRowsLogged(source)} at the source`,
    details: { table: qualifiedName(relation) },
  });

/** The value that identifies the row: the old one where it was sent, which is when the key changed. */
const keyText = (plan: WrittenPlan, change: Change, column: WrittenColumn): string => {
  const { before, after } = change.image;
  const image = before?.state(column.index) === 'value' ? before : after;
  const text = image === null ? null : textOf(plan, image, column);
  if (text === null) throw notIdentified(plan, `came without a value for key column "${column.name}"`);
  return text;
};

const matchOf = <P extends WrittenPlan>(
  plan: P,
  change: Change,
): { readonly match: Match<ColumnOf<P>>; readonly values: Text[] } => {
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
export const insertOf = <P extends WrittenPlan>(plan: P, after: RowImage, copied: boolean): InsertOperation<P> => {
  const columns = plan.written.every((column) => isSent(after, column))
    ? plan.written
    : plan.written.filter((column) => isSent(after, column));
  return { kind: 'insert', plan, copied, columns, values: columns.map((column) => textOf(plan, after, column)) };
};

const updateOf = <P extends WrittenPlan>(plan: P, change: Change, after: RowImage): UpdateOperation<P> => {
  const { match, values } = matchOf(plan, change);
  const { before } = change.image;
  const set: ColumnOf<P>[] = [];
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
export const rowOperation = <P extends WrittenPlan>(plan: P, change: Change): RowOperation<P> => {
  const { after } = change.image;
  if (change.op === 'delete') return { kind: 'delete', plan, ...matchOf(plan, change) };
  if (after === null) throw notIdentified(plan, `(${change.op}) came without a row`);
  return change.op === 'update' ? updateOf(plan, change, after) : insertOf(plan, after, change.op === 'read');
};

/**
 * The row that an update leaves, as an insert; `null` when the log does not carry all of it. Columns that the update
 * left out are taken from the old row where that was sent whole.
 */
export const insertInstead = <P extends WrittenPlan>(plan: P, change: Change): InsertOperation<P> | null => {
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
export const overwriteInstead = <P extends WrittenPlan>({
  plan,
  columns,
  values,
}: InsertOperation<P>): UpdateOperation<P> => {
  const key = plan.key ?? [];
  const valueFor = (column: ColumnOf<P>) => values[columns.indexOf(column)] ?? null;
  const set = columns.filter((column) => !key.includes(column));
  const match = { by: 'key' } as const;
  return { kind: 'update', plan, match, set, keyChanged: false, values: [...key, ...set].map(valueFor) };
};
