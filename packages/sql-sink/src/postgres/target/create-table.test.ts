import { expect, it } from 'vitest';
import { relationOf } from '../../testing/changes.ts';
import { createTable, creationStatements } from './create-table.ts';

it('orders the primary key as the log does, and quotes everything', () => {
  const odd = relationOf({
    schema: 'a"b',
    table: 'select',
    columns: ['Id integer', 'tenant integer!', 'x text'],
    key: ['tenant', 'Id'],
  });
  expect(createTable(odd)).toBe(`CREATE TABLE "a""b"."select" (
  "Id" integer NOT NULL,
  "tenant" integer NOT NULL,
  "x" text,
  PRIMARY KEY ("tenant", "Id")
)`);
});

it('makes a missing schema once, before its first table', () => {
  const table = (schema: string, name: string) =>
    relationOf({ schema, table: name, columns: ['x text'], identity: 'none' });
  const relations = [table('s', 'a'), table('s', 'b'), table('public', 'c'), table('s', 'there')];
  const statements = creationStatements(relations, new Set(['public']), new Set(['s.there']));
  expect(statements.map(({ table: name, kind }) => `${kind} ${name}`)).toEqual([
    'create-schema s.a',
    'create-table s.a',
    'create-table s.b',
    'create-table public.c',
  ]);
});
