import { expect, test } from 'vitest';
import { relationOf as relation } from './relation.test-support.ts';
import { columnChanges, relationOf, shapeOf } from './table-shape.ts';

const kinds = (before: readonly string[], after: readonly string[]) =>
  columnChanges(shapeOf(relation(before)), relation(after)).map((change) =>
    'name' in change ? `${change.kind} ${change.name}` : `${change.kind} ${change.column.name} ${change.column.native}`,
  );

test('columns that are gone, new, or of another type', () => {
  expect(kinds(['id int', 'a text', 'b int'], ['id int', 'b bigint', 'c text'])).toEqual([
    'drop-column a',
    'alter-column-type b bigint',
    'add-column c text',
  ]);
  expect(kinds(['id int', 'a text'], ['a text', 'id int'])).toEqual([]);
  // The log does not send what the source computes.
  expect(kinds(['id int', 'sum int='], ['id int'])).toEqual([]);
});

test('a type is another one with other numbers, or without any', () => {
  expect(kinds(['a character varying(5)'], ['a character varying(9)'])).toEqual([
    'alter-column-type a character varying(9)',
  ]);
  expect(kinds(['a numeric(10,2)'], ['a numeric'])).toEqual(['alter-column-type a numeric']);
  // Types of users may be written in two ways.
  expect(kinds(['a public.mood[]'], ['a public._mood'])).toEqual([]);
});

test('names that objects have by themselves are columns like others', () => {
  expect(kinds(['id int'], ['id int', 'constructor text', '__proto__ text'])).toEqual([
    'add-column constructor text',
    'add-column __proto__ text',
  ]);
  expect(kinds(['id int', '__proto__ text'], ['id int', '__proto__ text'])).toEqual([]);
});

test('a table as it was: without what is new, with what is gone, and the key where it still is', () => {
  const now = relation(['new text', 'id bigint', 'sum int='], [1]);
  const was = relationOf(now, { id: 'integer', gone: 'text' });
  expect(was.columns.map(({ name, native }) => `${name} ${native}`)).toEqual(['id integer', 'sum int', 'gone text']);
  expect(was.key).toEqual([0]);
  expect(relationOf(now, { gone: 'text' }).key).toBeNull();
  expect(relationOf(now, shapeOf(now))).toBe(now);
});
