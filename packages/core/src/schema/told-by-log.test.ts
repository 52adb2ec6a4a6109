import { expect, test } from 'vitest';
import type { TableProgress } from '../contracts/checkpoint.ts';
import { changeBatch } from '../model/change-batch.ts';
import type { SchemaChange } from '../model/schema-change.ts';
import type { TableStorage } from '../model/table-storage.ts';
import { relationOf } from './relation.test-support.ts';
import { describeColumnChange } from './schema-policy.ts';
import { SchemaTracker } from './schema-tracker.ts';
import { shapeOf } from './table-shape.ts';
import { toldByLog } from './told-by-log.ts';

/** Columns as `name type id fill`. */
const tableOf = (columns: readonly string[], heap = '') => {
  const parts = columns.map((text) => text.split(' '));
  const storage: TableStorage = {
    heap,
    columns: Object.fromEntries(
      parts.map(([name = '', , id = '', fill = null]) => [name, { id, revision: heap, fill, nullable: true }]),
    ),
  };
  return { relation: relationOf(parts.map(([name, type]) => `${name} ${type}`)), storage };
};

const said = (before: readonly string[], after: readonly string[], heap = '') => ({
  ...{ columns: [], transaction: null, statement: null, certain: false, rewritesRows: false },
  ...tableOf(after, heap),
  before: tableOf(before),
});

/** What is done about a change, of a table of which the checkpoint knows this. */
const told = (change: ReturnType<typeof said>, known: Partial<TableProgress> | undefined) => {
  const tracker = new SchemaTracker({}, () => true);
  const [observed] = tracker.observe({ ...changeBatch([], { position: '1' }), schemaChanges: [change] });
  const progress = known === undefined ? undefined : { ...live, ...known };
  const { columns, certain, rewritesRows } = toldByLog(observed as SchemaChange & typeof change, progress);
  return [columns.map(describeColumnChange).join('; '), certain, rewritesRows];
};

const live: TableProgress = { state: 'live', from: '0', ranges: [], through: null };
const before = ['id int 1', 'a int 2'];
const renamed = said(before, ['id int 1', 'b int 2', 'c int new 5']);
const shape = shapeOf(tableOf(before).relation);

test('what the log says of both sides is certain, whatever ids there were before', () => {
  const certain = ['column "a" renamed to "b"; column "c" int added', true, false];
  expect(told(renamed, { shape })).toEqual(certain);
  expect(told(renamed, {})).toEqual(certain);
  expect(told(renamed, undefined)).toEqual(certain);
  const others = { heap: 'x', columns: {} };
  expect(told(renamed, { shape, storage: others })).toEqual(certain);
  expect(told(said(before, ['id int 1', 'a bigint 2'], 'x'), { shape })).toEqual([
    'column "a" bigint, was int',
    true,
    true,
  ]);
});

test.each<[string, Partial<TableProgress>]>([
  ['was copied later', { state: 'catching-up', shape }],
  ['never got a column', { shape: { id: 'int' } }],
])('columns go by their names where the target %s', (_, known) => {
  const [columns, certain, rewritesRows] = told(renamed, known);
  expect([columns, certain, rewritesRows]).toEqual([
    `${known.state === undefined ? '' : 'column "a" dropped; '}column "b" int added; column "c" int added`,
    false,
    true,
  ]);
});

test('names that go in a circle are told by the names, and rows are others', () => {
  const circle = said(['id int 1', 'a int 2', 'b text 3'], ['id int 1', 'b int 2', 'a text 3']);
  expect(told(circle, undefined)).toEqual(['column "b" int, was text; column "a" text, was int', false, true]);
});
