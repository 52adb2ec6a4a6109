import { noValue } from '@millrace/core';
import { expect, it } from 'vitest';
import { relationOf, transaction } from '../testing/changes.ts';
import { RowReader } from './row-reader.ts';

const items = relationOf({ table: 'items', columns: ['id integer!', 'note text'], key: ['id'] });

it('finds nothing of the row read before in an image that is not there', () => {
  const [insert] = transaction().insert(items, { id: 1, note: 'first' }).changes;
  if (insert === undefined) throw new Error('no change');
  const reader = new RowReader([insert]);
  reader.read(0, 'after');
  reader.read(0, 'before');
  expect(items.columns.map((_, column) => reader.places.starts[column])).toEqual([noValue.absent, noValue.absent]);
});
