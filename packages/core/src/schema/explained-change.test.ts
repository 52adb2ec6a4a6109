import { expect, test } from 'vitest';
import type { SchemaChange } from '../model/schema-change.ts';
import type { TableStorage } from '../model/table-storage.ts';
import { compareStorage, explained } from './explained-change.ts';
import { relationOf } from './relation.test-support.ts';
import { columnChanges, shapeOf } from './table-shape.ts';

/** Columns as `name id revision fill`. */
const storage = (heap: string, columns: readonly string[]): TableStorage => ({
  heap,
  columns: Object.fromEntries(
    columns.map((text) => {
      const [name = '', id = '', revision = '', fill] = text.split(' ');
      return [name, { id, revision, fill: fill ?? null }];
    }),
  ),
});

const change = (before: readonly string[], after: readonly string[]): SchemaChange => {
  const relation = relationOf(after);
  const columns = columnChanges(shapeOf(relationOf(before)), relation);
  return { relation, columns, transaction: null, statement: null, certain: false, rewritesRows: true };
};

const before = storage('1', ['id 1 5', 'a 2 5']);

test.each([
  ['a new column without a value', ['id int', 'a int', 'b int'], ['id 1 5', 'a 2 5', 'b 3 6'], '1', false],
  [
    'a new column in a heap that was written anew',
    ['id int', 'a int', 'b int'],
    ['id 1 5', 'a 2 5', 'b 3 6'],
    '2',
    true,
  ],
  ['a column under another name', ['id int', 'b int'], ['id 1 5', 'b 2 6'], '1', true],
  ['a column that is gone', ['id int'], ['id 1 5'], '1', false],
  ['a column that is gone, and the others were made anew', ['id int'], ['id 1 6'], '2', true],
  ['a column that is gone, and every row was written as it was', ['id int'], ['id 1 5'], '2', false],
  ['a new column that is gone already', ['id int', 'a int', 'b int'], ['id 1 5', 'a 2 5'], '1', true],
  ['another type, and every row stayed as it was', ['id int', 'a bigint'], ['id 1 5', 'a 2 6'], '1', false],
  ['another type, and the heap was written anew', ['id int', 'a bigint'], ['id 1 5', 'a 2 6'], '2', true],
  ['a new column beside one that was made anew', ['id int', 'a int', 'b int'], ['id 1 5', 'a 3 6', 'b 4 6'], '1', true],
] as const)('%s: rows may be others? %j', (_, after, now, heap, rewritten) => {
  const found = explained(change(['id int', 'a int'], after), before, storage(heap, now));
  expect(found.change.rewritesRows).toBe(rewritten);
});

test('a constant default is the value of rows that were there', () => {
  const found = explained(
    change(['id int', 'a int'], ['id int', 'a int', 'b int']),
    before,
    storage('1', ['id 1 5', 'a 2 5', 'b 3 6 7']),
  );
  expect(found.change.columns).toMatchObject([{ kind: 'add-column', fill: '7' }]);
});

test('nothing is told by what is not known', () => {
  const added = change(['id int', 'a int'], ['id int', 'a int', 'b int']);
  const now = storage('1', ['id 1 5', 'a 2 5', 'b 3 6']);
  expect(explained(added, undefined, now).change.rewritesRows).toBe(true);
  expect(explained(added, before, undefined)).toEqual({ change: added, storage: undefined });
  // The source is further than the log: what it says of the heap does not vouch for the next change.
  const ahead = explained(added, before, storage('1', ['id 1 5', 'a 2 5', 'b 3 6', 'c 4 7']));
  expect(ahead.change.rewritesRows).toBe(false);
  const next = change(['id int', 'a int', 'b int'], ['id int', 'a int', 'b int', 'c int']);
  const later = storage('1', ['id 1 5', 'a 2 5', 'b 3 6', 'c 4 7']);
  expect(explained(next, ahead.storage, later).change.rewritesRows).toBe(true);
});

test('rows that are others with no change of columns', () => {
  const compared = (heap: string, columns: readonly string[]) => compareStorage(before, storage(heap, columns));
  expect(compared('1', ['id 1 5', 'a 2 5'])).toEqual({ isRewritten: false, storage: before });
  // A default, a statistics target: nothing that rows hold.
  expect(compared('1', ['id 1 5', 'a 2 6']).isRewritten).toBe(false);
  expect(compared('2', ['id 1 5', 'a 2 5'])).toEqual({
    isRewritten: false,
    storage: storage('2', ['id 1 5', 'a 2 5']),
  });
  expect(compared('2', ['id 1 5', 'a 2 6']).isRewritten).toBe(true);
  expect(compared('1', ['id 1 5', 'a 3 6']).isRewritten).toBe(true);
  // The log is going to tell of it, and needs to know the heap as it was.
  expect(compared('2', ['id 1 5', 'a 2 5', 'b 3 6'])).toEqual({ isRewritten: false, storage: before });
});

test('rows that come with a part that was a table before', () => {
  const partsOf = (parts: Readonly<Record<string, boolean>>, heap = '5') =>
    Object.fromEntries(Object.entries(parts).map(([id, hadRows]) => [id, { heap, hadRows }]));
  const withParts = (parts: Readonly<Record<string, boolean>>) => ({ ...before, parts: partsOf(parts) });
  const compared = (known: TableStorage, parts: Readonly<Record<string, boolean>>) =>
    compareStorage(known, withParts(parts));
  expect(compared(withParts({}), { '7 100': true }).isRewritten).toBe(true);
  // It holds rows by now, which the log has told of.
  expect(compared(withParts({ '7 100': false }), { '7 100': true }).isRewritten).toBe(false);
  expect(compared(withParts({}), { '7 100': false })).toEqual({
    isRewritten: false,
    storage: withParts({ '7 100': false }),
  });
  // It was taken out, changed, and put back.
  expect(compared(withParts({ '7 100': true }), { '7 200': true }).isRewritten).toBe(true);
  expect(compared(withParts({ '7 100': true }), {}).isRewritten).toBe(false);
  // What is known from now on.
  expect(compareStorage(before, withParts({ '7 100': true }))).toEqual({
    isRewritten: false,
    storage: withParts({ '7 100': true }),
  });
  const added = change(['id int', 'a int'], ['id int', 'a int', 'b int']);
  const now = storage('1', ['id 1 5', 'a 2 5', 'b 3 6']);
  expect(explained(added, withParts({}), { ...now, parts: partsOf({ '7 100': true }) }).change.rewritesRows).toBe(true);
  expect(explained(added, withParts({}), { ...now, parts: partsOf({ '7': false }) }).change.rewritesRows).toBe(false);
  // One that was there was written anew.
  const one = withParts({ '7': false });
  expect(explained(added, one, { ...now, parts: partsOf({ '7': false }, '6') }).change.rewritesRows).toBe(true);
  expect(compareStorage(one, { ...withParts({}), parts: partsOf({ '7': false }, '6') }).isRewritten).toBe(false);
  const revised = { ...storage('1', ['id 1 5', 'a 2 6']), parts: partsOf({ '7': false }, '6') };
  expect(compareStorage(one, revised).isRewritten).toBe(true);
});
