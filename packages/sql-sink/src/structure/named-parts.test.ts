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
  const isSqlOutdated = false;
  expect(named({ kind: 'default', column: 'odd"name', sql: "'x'", value: null })).toMatchObject({
    part: { column: 'plain' },
    isSqlOutdated,
  });
  expect(named({ kind: 'comment', column: 'odd"name', text: 'x' })).toMatchObject({ part: { column: 'plain' } });
  expect(named({ kind: 'comment', column: null, text: 'x' })).toMatchObject({ part: { column: null } });
  expect(named(key(['odd"name', 'n'], '(id, n)'))).toMatchObject({
    part: { columns: ['plain', 'n'], references: { columns: ['plain'] } },
    isSqlOutdated,
  });
  const indexed = ['n', 'odd"name'].map((name) => ({ name, descending: true, length: null, collation: null }));
  const columns = ['n', 'odd"name'];
  expect(named({ kind: 'unique', name: 'i', sql: '(n)', columns, indexed, constraint: null })).toMatchObject({
    part: { columns: ['n', 'plain'], indexed: [{ name: 'n' }, { name: 'plain', descending: true }] },
  });
});

test('what SQL says may be of a column with another name', () => {
  expect(named(check('CHECK ((n > 0))'))).toEqual({ part: check('CHECK ((n > 0))'), isSqlOutdated: false });
  const outdated = { isSqlOutdated: true };
  expect(named(check('CHECK (("odd""name" <> \'\'))'))).toMatchObject(outdated);
  const sql = 'USING btree (n, "odd""name")';
  expect(named({ kind: 'index', name: 'i', sql, indexed: null })).toMatchObject(outdated);
  expect(named(key(['n'], '("odd""name")'))).toMatchObject(outdated);
});
