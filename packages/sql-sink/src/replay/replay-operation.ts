import { decodedRow, type RowImage } from '@millrace/core';
import {
  type DeleteOperation,
  type InsertOperation,
  insertOf,
  isSent,
  notIdentified,
  textOf,
  type UpdateOperation,
} from '../apply/row-operation.ts';
import type { Text } from '../apply/text.ts';
import type { WrittenPlan } from '../target/written-plan.ts';

const says = (row: RowImage | null, column: number): row is RowImage => row?.state(column) === 'value';

/** The key of a row; `other` says the columns of it that are the same and were not sent. */
const keyOf = (plan: WrittenPlan, row: RowImage, other: RowImage | null): readonly Text[] => {
  if (plan.key === null) throw notIdentified(plan, 'is of a table without a key');
  return plan.key.map((column) => {
    const image = says(row, column.index) ? row : other;
    if (!says(image, column.index)) throw notIdentified(plan, `came without a value for key column "${column.name}"`);
    return textOf(plan, image, column);
  });
};

/** A row that says its key, for the source to find it by. */
export const keyRow = (plan: WrittenPlan, row: RowImage, other: RowImage | null): RowImage => {
  if (plan.key?.every(({ index }) => says(row, index)) === true) return row;
  const texts = keyOf(plan, row, other);
  return decodedRow(
    plan.source,
    Object.fromEntries(
      (plan.key ?? []).map(({ index }, at) => [
        plan.source.columns[index]?.name,
        (says(row, index) ? row : other)?.value(index) ?? texts[at],
      ]),
    ),
  );
};

/** Writes the row, whatever is there. */
export const upsertOf = <P extends WrittenPlan>(plan: P, row: RowImage): InsertOperation<P> =>
  insertOf(plan, row, true);

/** Sets what was sent. */
export const setOf = <P extends WrittenPlan>(plan: P, row: RowImage, other: RowImage | null): UpdateOperation<P> => {
  const set = plan.written.filter((column) => plan.key?.includes(column) !== true && isSent(row, column));
  const values = [...keyOf(plan, row, other), ...set.map((column) => textOf(plan, row, column))];
  return { kind: 'update', plan, match: { by: 'key' }, set, keyChanged: false, values };
};

export const deleteOf = <P extends WrittenPlan>(
  plan: P,
  row: RowImage,
  other: RowImage | null,
): DeleteOperation<P> => ({
  kind: 'delete',
  plan,
  match: { by: 'key' },
  values: keyOf(plan, row, other),
});
