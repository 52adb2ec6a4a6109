import type { Column, EvolutionStep } from '@millrace/core';
import { expect, test } from 'vitest';
import type { TargetColumn, TargetTable } from '../target/target-table.ts';
import { castingDefault, evolutionStatements, renameStatements } from './evolution-statements.ts';

const column = (name: string, parts: Partial<TargetColumn> = {}): TargetColumn => ({
  name,
  type: 'text',
  typeReference: 'pg_catalog.text',
  notNull: false,
  default: null,
  identity: '',
  generated: false,
  deterministic: true,
  ...parts,
});
const target: TargetTable = {
  oid: '1',
  schema: 'public',
  table: 'a"b',
  kind: 'r',
  interferes: false,
  foreignPartitions: false,
  infiniteIntervals: true,
  primaryKey: { name: 'pk', columns: ['keyed'] },
  columns: [
    column('there'),
    column('needed', { notNull: true }),
    column('keyed', { notNull: true }),
    column('filled', { notNull: true, default: "'x'::text" }),
  ],
  uniqueIndexes: [],
};
const typed = (name: string, native: string): Column => ({
  name,
  type: 'other',
  native,
  nullable: null,
  generated: false,
});
type StepOfOne = Exclude<EvolutionStep, { readonly kind: 'create-table' | 'rename-table' }>;
const sql = (step: StepOfOne extends infer S ? (S extends unknown ? Omit<S, 'otherwise'> : never) : never) =>
  evolutionStatements({ ...step, otherwise: 'fail' } as StepOfOne, target);
const alter = 'ALTER TABLE "public"."a""b"';

test('a new column, with the value that rows have which are there', () => {
  expect(sql({ kind: 'add-column', column: typed('new', 'int'), fill: null })).toEqual([
    `${alter} ADD COLUMN "new" int`,
  ]);
  expect(sql({ kind: 'add-column', column: typed('new', 'text'), fill: "it's \\" })).toEqual([
    `${alter} ADD COLUMN "new" text DEFAULT 'it''s \\'`,
    `${alter} ALTER COLUMN "new" DROP DEFAULT`,
  ]);
});

test('a column that goes, and one that stays without its source', () => {
  expect(sql({ kind: 'drop-column', name: 'there' })).toEqual([`${alter} DROP COLUMN "there"`]);
  expect(sql({ kind: 'keep-column', name: 'needed' })).toEqual([`${alter} ALTER COLUMN "needed" DROP NOT NULL`]);
  // It identifies nothing any more.
  expect(sql({ kind: 'keep-column', name: 'keyed' })).toEqual([
    `${alter} DROP CONSTRAINT "pk"`,
    `${alter} ALTER COLUMN "keyed" DROP NOT NULL`,
  ]);
  for (const name of ['there', 'filled', 'gone']) expect(sql({ kind: 'keep-column', name })).toEqual([]);
});

test('another name, and another type', () => {
  expect(sql({ kind: 'rename-column', from: 'there', name: 'Then' })).toEqual([
    `${alter} RENAME COLUMN "there" TO "Then"`,
  ]);
  expect(sql({ kind: 'alter-column-type', column: typed('there', 'integer'), from: 'text' })).toEqual([
    `${alter} ALTER COLUMN "there" TYPE integer USING "there"::integer`,
  ]);
});

test('a column whose name is wanted stays under one that is free, of no more than 63 bytes', () => {
  expect(sql({ kind: 'set-aside-column', name: 'gone' })).toEqual([]);
  const aside = (name: string, taken: readonly string[] = []) =>
    evolutionStatements(
      { kind: 'set-aside-column', name, otherwise: 'fail' },
      { ...target, columns: [name, ...taken].map((each) => column(each)) },
    );
  expect(aside('there')).toEqual([`${alter} RENAME COLUMN "there" TO "there (dropped)"`]);
  expect(aside('there', ['there (dropped)'])).toEqual([`${alter} RENAME COLUMN "there" TO "there (dropped 2)"`]);
  expect(aside('ü'.repeat(31))).toEqual([
    `${alter} RENAME COLUMN "${'ü'.repeat(31)}" TO "${'ü'.repeat(26)} (dropped)"`,
  ]);
});

test('a column of the new name is not taken for the one that is renamed: the server refuses', () => {
  expect(sql({ kind: 'rename-column', from: 'needed', name: 'there' })).toEqual([
    `${alter} RENAME COLUMN "needed" TO "there"`,
  ]);
});

test('values that may be missing, and defaults', () => {
  const nullability = (name: string, nullable: boolean) => sql({ kind: 'alter-column-nullability', name, nullable });
  expect(nullability('needed', true)).toEqual([`${alter} ALTER COLUMN "needed" DROP NOT NULL`]);
  expect(nullability('there', false)).toEqual([`${alter} ALTER COLUMN "there" SET NOT NULL`]);
  expect([nullability('needed', false), nullability('there', true), nullability('gone', true)]).toEqual([[], [], []]);
  expect(sql({ kind: 'alter-column-default', name: 'there', sql: "'a'::text" })).toEqual([
    `${alter} ALTER COLUMN "there" SET DEFAULT 'a'::text`,
  ]);
  expect(sql({ kind: 'alter-column-default', name: 'there', sql: null })).toEqual([
    `${alter} ALTER COLUMN "there" DROP DEFAULT`,
  ]);
  expect(sql({ kind: 'alter-column-default', name: 'gone', sql: '1' })).toEqual([]);
});

test('what is done already is left alone', () => {
  expect(sql({ kind: 'add-column', column: typed('there', 'int'), fill: '1' })).toEqual([]);
  expect(sql({ kind: 'drop-column', name: 'gone' })).toEqual([]);
  expect(sql({ kind: 'rename-column', from: 'gone', name: 'there' })).toEqual([]);
  expect(sql({ kind: 'alter-column-type', column: typed('there', 'text'), from: 'int' })).toEqual([]);
});

test('whole tables', () => {
  expect(sql({ kind: 'drop-table' })).toEqual(['DROP TABLE "public"."a""b"']);
  expect(renameStatements(target, { schema: 'public', table: 'c' })).toEqual([`${alter} RENAME TO "c"`]);
  expect(renameStatements(target, { schema: 'other', table: 'c' })).toEqual([
    `${alter} SET SCHEMA "other"`,
    'ALTER TABLE "other"."a""b" RENAME TO "c"',
  ]);
  expect(renameStatements(target, target)).toEqual([]);
});

test('a default that the server does not turn into one of another type', () => {
  const retyped = (name: string) =>
    castingDefault(
      { kind: 'alter-column-type', column: typed(name, 'jsonb'), from: 'text', otherwise: 'fail' },
      target,
    );
  expect(retyped('there')).toBe(null);
  expect(retyped('filled')).toEqual([
    `${alter} ALTER COLUMN "filled" DROP DEFAULT, ALTER COLUMN "filled" TYPE jsonb USING "filled"::jsonb, ALTER COLUMN "filled" SET DEFAULT ('x'::text)::jsonb`,
  ]);
});
