import { type Change, noValue } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { type Row, RowReader } from '../../apply/row-reader.ts';
import { relationOf, type TestTransaction, transaction } from '../../testing/changes.ts';

const items = relationOf({ table: 'items', columns: ['id integer!', 'note text', 'code text'], key: ['id'] });

const namesOf: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(noValue).map(([name, start]) => [start, name]),
);

/** What the reader found last: the text of each column, or why there is none. */
const found = (reader: RowReader, columns = items.columns.length) =>
  Array.from({ length: columns }, (_, column) => {
    const start = reader.places.starts[column] ?? 0;
    return start < 0 ? { is: namesOf[start] } : reader.textOf(column);
  });

const read = ({ changes }: TestTransaction, row: Row, image: 'before' | 'after' = 'after') => {
  const reader = new RowReader(changes);
  reader.read(row, image);
  expect(reader.places.wire).toBe('text');
  return found(reader);
};

const none = { is: 'absent' };
const unchanged = { is: 'unchanged' };
const empty = { is: 'null' };

describe('RowReader', () => {
  it('finds nothing of the row read before in an image that is not there', () => {
    const reader = new RowReader(transaction().insert(items, { id: 1, note: 'first', code: 'a' }).changes);
    reader.read(0, 'after');
    reader.read(0, 'before');
    expect(found(reader)).toEqual([none, none, none]);
  });

  it('tells values, NULL and what was left out apart', () => {
    expect(read(transaction().insert(items, { id: 1, note: null }), 0)).toEqual(['1', empty, unchanged]);
    expect(read(transaction().insert(items, { id: 1, note: '', code: 'é🦀' }), 0)).toEqual(['1', '', 'é🦀']);
  });

  it('reads either image', () => {
    const update = transaction().update(items, { id: 2, note: 'new', code: 'b' }, { id: 1 });
    expect(read(update, 0, 'before')).toEqual(['1', unchanged, unchanged]);
    expect(read(update, 0, 'after')).toEqual(['2', 'new', 'b']);
  });

  it('reads what a transform has made of a row', () => {
    const [change] = transaction().insert(items, { id: 1, note: 'a', code: 'b' }).changes;
    const changed = change?.op === 'insert' ? change.with({ after: { note: 'transformed', code: null } }) : change;
    const reader = new RowReader([changed as Change]);
    reader.readText(0, 'after');
    expect(found(reader)).toEqual(['1', 'transformed', empty]);
  });

  it('reads rows larger than what it has room for, and small ones after them', () => {
    const long = 'é'.repeat(50_000);
    const changes = transaction()
      .insert(items, { id: 1, note: 'short', code: long })
      .insert(items, { id: 2, note: long, code: long })
      .insert(items, { id: 3, note: 'short', code: null });
    const reader = new RowReader(changes.changes);
    const rows = [0, 1, 2].map((row) => {
      reader.read(row, 'after');
      return found(reader);
    });
    expect(rows).toEqual([
      ['1', 'short', long],
      ['2', long, long],
      ['3', 'short', empty],
    ]);
  });

  it('merges changes of one row: each column as the newest says that has sent it', () => {
    const changes = transaction()
      .insert(items, { id: 1, note: 'inserted', code: 'inserted' })
      .update(items, { id: 1, code: null })
      .update(items, { id: 1 });
    expect(read(changes, [2, 1, 0])).toEqual(['1', 'inserted', empty]);
    expect(read(changes, [2, 1])).toEqual(['1', unchanged, empty]);
    expect(read(changes, [2])).toEqual(['1', unchanged, unchanged]);
  });

  it('finds every column absent where a merged history has no row', () => {
    expect(read(transaction().update(items, {}), [0])).toEqual([unchanged, unchanged, unchanged]);
  });
});
