import { expect, test } from 'vitest';
import type { TableProgress } from '../contracts/checkpoint.ts';
import type { SchemaChange } from '../model/schema-change.ts';
import type { TableStorage } from '../model/table-storage.ts';
import { describedChange } from './described-change.ts';
import { relationOf } from './relation.test-support.ts';
import { describeColumnChange } from './schema-policy.ts';
import { shapeOf } from './table-shape.ts';

/** Columns as `name type id`, then whatever else is said of them. */
const tableOf = (columns: readonly string[], heap = '1') => {
  const parts = columns.map((text) => text.split(' '));
  const storage: TableStorage = {
    heap,
    columns: Object.fromEntries(
      parts.map(([name = '', , id = '', revision = '5', nullable, value]) => [
        name,
        {
          ...{ id, revision, fill: null },
          ...(nullable === undefined ? {} : { nullable: nullable === 'null' }),
          ...(value === undefined ? {} : { default: value }),
        },
      ]),
    ),
  };
  return { relation: relationOf(parts.map(([name, type]) => `${name} ${type}`)), storage };
};

const found = (
  before: readonly string[],
  after: readonly string[],
  { heap = '1', ...progress }: Partial<TableProgress> & { readonly heap?: string } = {},
) => {
  const { relation, storage: now } = tableOf(after, heap);
  const known = tableOf(before);
  const change: SchemaChange = {
    ...{ relation, columns: [], transaction: null, statement: null, certain: false, rewritesRows: false },
    storage: now,
  };
  const given = { state: 'live', shape: shapeOf(known.relation), storage: known.storage, ...progress } as const;
  const told = describedChange(change, given, now);
  return told === null ? null : [told.columns.map(describeColumnChange).join('; '), told.rewritesRows];
};

const before = ['id int 1', 'a int 2', 'b text 3'];

test.each([
  ['a new name', ['id int 1', 'c int 2 6', 'b text 3'], 'column "a" renamed to "c"'],
  [
    'a new name and a new type',
    ['id int 1', 'c bigint 2 6', 'b text 3'],
    'column "a" renamed to "c"; column "c" bigint, was int',
  ],
  ['names in a row', ['id int 1', 'b int 2 6', 'c text 3 6'], 'column "b" renamed to "c"; column "a" renamed to "b"'],
  [
    'one that goes and one that takes its name',
    ['id int 1', 'b int 2 6'],
    'column "b" dropped; column "a" renamed to "b"',
  ],
  [
    'a new one that must have a value',
    [...before, 'c int 4 6 not-null'],
    'column "c" int added; column "c" may not be NULL',
  ],
  ['nothing that is moved', before, ''],
])('%s: nothing was written anew', (_, after, expected) => {
  expect(found(before, after)).toEqual([expected, false]);
});

test('values that may be missing and defaults are compared where both are known', () => {
  const known = ['id int 1 5 not-null none', 'a int 2 5 null 1'];
  expect(found(known, ['id int 1 6 null none', 'a int 2 5 null 2'])).toEqual([
    'column "id" may be NULL; column "a" with another default',
    false,
  ]);
  expect(found(['id int 1', 'a int 2'], ['id int 1 6 null none', 'a int 2 5 null 2'])).toEqual(['', false]);
});

test.each([
  ['another heap with another column', ['id int 1', 'a int 2 6', 'b text 3'], '2', true],
  ['another heap with a new column', [...before, 'c int 4'], '2', true],
  ['another heap and nothing else', before, '2', false],
  ['a new column of the name of one that is gone', ['id int 1', 'a int 2', 'b text 4'], '1', true],
])('%s: rows may be others? %j', (_, after, heap, rewritten) => {
  expect(found(before, after, { heap })?.[1]).toBe(rewritten);
});

test('columns go by their names where numbers do not tell enough', () => {
  const circle = ['id int 1', 'b int 2 6', 'a text 3 6'];
  expect(found(before, circle)).toBeNull();
  const renamed = ['id int 1', 'c int 2 6', 'b text 3'];
  expect(found(before, renamed, { state: 'catching-up' })).toBeNull();
  expect(found(before, renamed, { storage: tableOf(['id int 1']).storage })).toBeNull();
});

test('columns may be called what every object has', () => {
  expect(found(['id int 1', 'constructor int 2'], ['id int 1', 'toString int 2 6'])).toEqual([
    'column "constructor" renamed to "toString"',
    false,
  ]);
});

test('parts that come, and parts that are written anew', () => {
  const { relation, storage } = tableOf(before);
  const known = { ...storage, parts: { '7': { heap: '5', hadRows: false } } };
  const told = (parts: TableStorage['parts'] & {}, columns = storage.columns) => {
    const change = { relation, columns: [], transaction: null, statement: null, certain: true, rewritesRows: false };
    const now = { ...storage, columns, parts };
    return describedChange(change, { state: 'live', shape: shapeOf(relation), storage: known }, now)?.rewritesRows;
  };
  const revised = tableOf(['id int 1', 'a int 2 6', 'b text 3']).storage.columns;
  expect(told({ ...known.parts, '8 100': { heap: '6', hadRows: true } })).toBe(true);
  expect(told({ ...known.parts, '8 100': { heap: '6', hadRows: false } }, revised)).toBe(false);
  expect(told({ '7': { heap: '6', hadRows: false } }, revised)).toBe(true);
});
