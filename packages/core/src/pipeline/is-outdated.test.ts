import { expect, it } from 'vitest';
import type { Relation } from '../model/relation.ts';
import { relationOf } from '../stream/memory-log.test-support.ts';
import { isOutdated } from './is-outdated.ts';

/** Of columns such as `id integer`; `=` behind it: generated. */
const of = (...columns: readonly string[]): Relation => ({
  ...relationOf('t'),
  columns: columns.map((column) => {
    const [name = '', native = ''] = column.replace('=', '').split(' ');
    return { name, type: 'other', native, nullable: true, generated: column.endsWith('=') };
  }),
});

const copied = of('id integer', 'price numeric(10,2)', 'tags shop.tag[]', 'sum integer=');

it.each([
  { name: 'the same', columns: ['id integer', 'price numeric(10,2)', 'tags shop.tag[]'], outdated: false },
  { name: 'in another order', columns: ['tags shop.tag[]', 'price numeric(10,2)', 'id integer'], outdated: false },
  { name: 'names of its own for types', columns: ['id integer', 'price numeric', 'tags shop._tag'], outdated: false },
  { name: 'more columns', columns: ['id integer', 'price numeric', 'tags shop.tag[]', 'more text'], outdated: false },
  { name: 'a column less', columns: ['id integer', 'tags shop.tag[]'], outdated: true },
  { name: 'another precision', columns: ['id integer', 'price numeric(12,3)', 'tags shop.tag[]'], outdated: true },
  { name: 'another type', columns: ['id integer', 'price text', 'tags shop.tag[]'], outdated: true },
])('what a change has to say of a copied table: $name', ({ columns, outdated }) => {
  expect(isOutdated(of(...columns), copied)).toBe(outdated);
  expect(isOutdated(of(...columns), undefined)).toBe(false);
});
