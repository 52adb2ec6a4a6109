import { expect, test } from 'vitest';
import type { Change, Operation } from '../model/change.ts';
import { changedRow, decodedRow } from '../model/decoded-row.ts';
import type { Relation } from '../model/relation.ts';
import { createChange } from '../model/row-change.ts';
import type { RowImage } from '../model/row-image.ts';
import { relationOf } from '../schema/relation.test-support.ts';
import { PackedChanges } from './packed-changes.ts';

const transaction = { id: 'x', commitTime: 1, position: '1' };
const small = relationOf(['id int', 'name text']);
const other: Relation = { ...small, table: 'other' };

const change = (op: Operation, relation: Relation, before: RowImage | null, after: RowImage | null, sequence: number) =>
  createChange({ op, table: `public.${relation.table}`, relation, transaction, sequence, before, after });

const seen = ({ id, op, table, relation, before, after }: Change) => ({ id, op, table, relation, before, after });

const again = (changes: readonly Change[]) => {
  const packed = new PackedChanges();
  const bytes = packed.pack(changes);
  return { changes: [...packed.unpack(bytes, transaction)], held: packed.heldBytes };
};

class Money {
  readonly text = '1';
}

test('changes are the same again, images that are not there and columns that were left out too', () => {
  const row = (values: Record<string, unknown>, relation = small) => decodedRow(relation, values);
  const changes = [
    change('insert', small, null, row({ id: 1, name: null }), 0),
    change('update', other, row({ id: 1 }, other), row({ id: 2, name: 'x'.repeat(100_000) }, other), 1),
    change('delete', small, row({ id: 1n, name: undefined }), null, 7),
    change('truncate', other, null, null, 0xffff_ffff),
  ];
  const { changes: found, held } = again(changes);
  expect(found.map(seen)).toEqual(changes.map(seen));
  expect(found.map(({ image }) => image.after?.state(1))).toEqual(['null', 'value', undefined, undefined]);
  expect(held).toBe(0);
});

test('values come back as what they were; what only memory can hold is held there', () => {
  const plain = { id: 2n ** 70n, name: [new Date(5), Buffer.from([1]), { a: [null, -0, Number.NaN] }] };
  const rows = [
    plain,
    { id: 1, name: new Money() },
    { id: 1, name: { deep: [new Money()] } },
    { id: 1, name: () => 1 },
  ];
  // As a column whose values the source gives a form of their own.
  const columns = small.columns.map((column) => ({ ...column, encode: () => 'x' }));
  const formed = { ...small, columns };
  const changes = rows.map((values, index) => change('insert', formed, null, decodedRow(formed, values), index));
  const { changes: found, held } = again(changes);
  expect(found.map(seen)).toStrictEqual(changes.map(seen));
  expect(found[1]?.after?.name).toBeInstanceOf(Money);
  expect(held).toBeGreaterThan(0);
});

test('a row that was changed still has the exact text of what was not', () => {
  const base = decodedRow(small, { id: 1, name: 'kept' });
  const [found] = again([change('insert', small, null, changedRow(base, small, { id: 5 }), 0)]).changes;
  expect(found?.after).toEqual({ id: 5, name: 'kept' });
  expect([found?.image.after?.text(0), found?.image.after?.text(1)]).toEqual(['5', 'kept']);
});
