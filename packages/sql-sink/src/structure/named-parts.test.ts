import type { StructurePart } from '@millrace/core';
import { expect, test } from 'vitest';
import { relationOf } from '../testing/changes.ts';
import { namedParts } from './named-parts.ts';

const source = relationOf({ table: 't', columns: ['id int', 'odd"name text', 'n int'], key: ['id'] });
const target = relationOf({ table: 'u', columns: ['id int', 'plain text', 'n int'], key: ['id'] });
const table = { source, target };
const tables = new Map([['public.t', table]]);
const named = (part: StructurePart) => namedParts([part], table, tables)[0];
const check = (sql: string) => ({ kind: 'check', name: 'c', sql, validated: true }) as const;
const key = (columns: readonly string[], sql: string) =>
  ({
    kind: 'foreign-key',
    name: 'k',
    columns,
    sql,
    references: { schema: 'public', table: 't', columns: ['odd"name'] },
    onDelete: 'no action',
    onUpdate: 'no action',
    match: 'simple',
    deferrable: false,
    validated: true,
  }) as const;

test('columns go by their names at the target', () => {
  expect(named({ kind: 'default', column: 'odd"name', sql: "'x'", value: null })).toMatchObject({ column: 'plain' });
  expect(named({ kind: 'comment', column: 'odd"name', text: 'x' })).toMatchObject({ column: 'plain' });
  expect(named({ kind: 'comment', column: null, text: 'x' })).toMatchObject({ column: null });
  expect(named(key(['odd"name', 'n'], '(id, n)'))).toMatchObject({ columns: ['plain', 'n'] });
});

test('what SQL says of a column with another name is left out', () => {
  expect(named(check('CHECK ((n > 0))'))).toEqual(check('CHECK ((n > 0))'));
  expect(named(check('CHECK (("odd""name" <> \'\'))'))).toBeUndefined();
  expect(named({ kind: 'index', name: 'i', sql: 'USING btree (n, "odd""name")', indexed: null })).toBeUndefined();
  expect(named(key(['n'], '("odd""name")'))).toBeUndefined();
});
