import { type Change, qualifiedName, type Relation, type RowImage, type Transaction } from '@millrace/core';
import { quoteQualified } from '@millrace/postgres-client';
import { sqlSinkError } from '../../error-table.ts';
import { ComposedRow } from './composed-row.ts';

export const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString();

const names = ({ relation }: Change, is: (column: number) => boolean): readonly string[] =>
  relation.columns.filter((_, column) => is(column)).map(({ name }) => name);

const isSent = (row: RowImage, column: number): boolean => ['value', 'null'].includes(row.state(column));

/** The rows that say what a change left, the one after it first: where whole rows are logged, the old one says the rest. */
const rowsAfter = ({ image: { before, after }, relation: { identity } }: Change): readonly RowImage[] =>
  [after, identity === 'full' ? before : null].filter((row) => row !== null);

/** The row of the source, there at the target. */
export const liveRow = (row: RowImage, relation: Relation): RowImage =>
  new ComposedRow({ relation, rows: [row], own: [null] });

/** The row that was there, of which nothing more is said. */
export const formerRow = (row: RowImage, relation: Relation): RowImage =>
  new ComposedRow({ relation, rows: [row], own: [undefined] });

/** The key of a row, and when it was deleted. */
export const deletedRow = (key: RowImage, relation: Relation, time: number): RowImage =>
  new ComposedRow({ relation, rows: [key], own: [isoTime(time)], only: relation.key ?? [], otherwise: 'unchanged' });

/**
 * The row that an insert or update leaves. Throws `ROW_INCOMPLETE` where the log does not say all of it: what it leaves out
 * is in no row of the target that could be told.
 */
export const appendedRow = (change: Change, relation: Relation): RowImage => {
  const row = new ComposedRow({ relation, rows: rowsAfter(change), own: [] });
  const missing = names(change, (column) => row.state(column) === 'unchanged');
  if (missing.length === 0) return row;
  const table = qualifiedName(relation);
  throw sqlSinkError('ROW_INCOMPLETE', `An update of ${table} does not say ${missing.map((name) => `"${name}"`)}`, {
    hint: `ALTER TABLE ${quoteQualified(relation.schema, relation.table)} REPLICA IDENTITY FULL; at the source`,
    details: { table, columns: missing },
  });
};

/** What the log has of the row before an update, as JSON of texts. */
const beforeText = (change: Change): string | null => {
  const { before } = change.image;
  if (change.op !== 'update' || before === null) return null;
  const sent = change.relation.columns.flatMap(({ name }, column) =>
    isSent(before, column) ? [[name, before.text(column)] as const] : [],
  );
  return JSON.stringify(Object.fromEntries(sent));
};

/** The row that says what a change was: what it left, or of a delete what the log has of the row. */
export const changelogRow = (change: Change, transaction: Transaction, relation: Relation): RowImage => {
  const { op, sequence, image } = change;
  const rows = op === 'delete' && image.before !== null ? [image.before] : rowsAfter(change);
  const isUnchanged = (column: number) =>
    image.after?.state(column) === 'unchanged' && !rows.some((row) => isSent(row, column));
  const unchanged = names(change, isUnchanged).map((name) => `"${name.replace(/["\\]/g, '\\$&')}"`);
  const own = [
    op,
    transaction.position,
    String(sequence),
    // When a row was written that was there before is not known.
    op === 'read' ? null : isoTime(transaction.commitTime),
    unchanged.length === 0 ? null : `{${unchanged.join(',')}}`,
    beforeText(change),
  ];
  return new ComposedRow({ relation, rows, own, otherwise: 'null' });
};
