import { type IndexedColumn, qualifiedName, type Relation, type StructurePart } from '@millrace/core';
import { expect, test } from 'vitest';
import { mysqlNames } from '../target/mysql-types.ts';
import { newStructure } from './existing-structure.ts';
import { planStructure } from './plan-structure.ts';
import { additionsOf, noAdditions } from './table-additions.ts';

const server = { kind: 'mysql', version: 90_700 } as const;
const names = mysqlNames({ targetSchema: 'db' }, server);

const column = (name: string, native: string, type: Relation['columns'][number]['type']) => ({
  name,
  native,
  type,
  nullable: true,
  generated: false,
});

const source: Relation = {
  schema: 'public',
  table: 't',
  version: 1,
  columns: [
    column('id', 'integer', 'int'),
    column('word', 'character varying(20)', 'text'),
    column('long', 'character varying(1000)', 'text'),
    column('body', 'text', 'text'),
    column('moment', 'timestamp with time zone', 'timestamptz'),
  ],
  key: [0],
  identity: 'key',
};

const over = (...all: readonly (string | Partial<IndexedColumn>)[]) =>
  all.map((each) => ({
    name: 'word',
    descending: false,
    length: null,
    collation: null,
    ...(typeof each === 'string' ? { name: each } : each),
  }));

const planned = (part: StructurePart, of: Relation = source) => {
  const relation = names.of(of);
  const table = { source: of, relation, parts: [{ part, isSqlOutdated: false }] };
  const tables = new Map([['public.t', table]]);
  const additions = additionsOf(tables).get(qualifiedName(relation)) ?? noAdditions;
  const existing = new Map([[qualifiedName(relation), newStructure(relation, additions, 'utf8mb4_0900_ai_ci')]]);
  const { tasks, warnings } = planStructure({ tables, existing, captured: new Set(['public.t']), server });
  return [...tasks.map(({ sql }) => sql.replace('ALTER TABLE `db`.`t` ', '')), ...warnings.map(({ reason }) => reason)];
};

const index = (...indexed: readonly (string | Partial<IndexedColumn>)[]): StructurePart => ({
  kind: 'index',
  name: 'i`',
  sql: '',
  indexed: over(...indexed),
});
const unique = (columns: readonly string[], indexed: readonly IndexedColumn[], parts: Partial<Relation> = {}) => {
  const part: StructurePart = { kind: 'unique', name: 'u', sql: '', columns, indexed, constraint: null };
  return planned(part, { ...source, ...parts });
};

test('indexes over whole columns are made, and others told', () => {
  expect(planned(index('word', { name: 'id', descending: true }))).toEqual(['ADD INDEX `i``` (`word`, `id` DESC)']);
  expect(planned(index({ name: 'body', length: 10 }, { name: 'word', length: 30 }))).toEqual([
    'ADD INDEX `i``` (`body`(10), `word`)',
  ]);
  expect(planned(index('body'))).toEqual([expect.stringContaining('"body" is longtext')]);
  expect(planned(index('long'))).toEqual(['an entry would have up to 4000 bytes, and 3072 are the most']);
  expect(planned(index('gone'))).toEqual(['the target has no column "gone"']);
  const gin: StructurePart = { kind: 'index', name: 'g', sql: 'USING gin (body)', indexed: null };
  expect(planned(gin)).toEqual([expect.stringContaining('USING gin (body)')]);
  // Another dialect's words are never run.
  const fulltext = { ...gin, sql: 'FULLTEXT KEY `g` (`body`)' };
  expect(planned({ ...fulltext, dialect: 'mysql' })).toEqual(['ADD FULLTEXT KEY `g` (`body`)']);
  expect(planned({ ...fulltext, dialect: 'mariadb' })).toEqual([expect.stringContaining('FULLTEXT')]);
});

test('unique indexes hold under the same rules or are told', () => {
  expect(unique(['id'], over('id'))).toEqual([]);
  expect(unique(['word'], over('word'))).toEqual(['ADD UNIQUE INDEX `u` (`word`)']);
  const mysql = {
    dialect: 'mysql',
    columns: source.columns.map((each) =>
      each.name === 'word' ? { ...each, native: 'varchar(20)' } : { ...each, native: 'int' },
    ),
  } as const;
  const compared = (collation: string) => unique(['word'], over({ collation }), mysql);
  expect(compared('utf8mb4_0900_ai_ci')).toEqual(['ADD UNIQUE INDEX `u` (`word`)']);
  expect(compared('utf8mb4_0900_bin')).toEqual([
    expect.stringContaining('is compared by utf8mb4_0900_bin at the source'),
  ]);
});

test('checks are those of the same server', () => {
  const check = { kind: 'check', name: 'c', sql: 'CHECK (id > 0)', validated: true } as const;
  expect(planned({ ...check, dialect: 'mysql' })).toEqual(['ADD CONSTRAINT `c` CHECK (id > 0)']);
  for (const other of [check, { ...check, dialect: 'mariadb' } as const])
    expect(planned(other)).toEqual([expect.stringContaining('in another way')]);
});

test('values are constants, the time of now in its zone, and numbers that a table is made with', () => {
  const value = (of: string, given: Extract<StructurePart, { kind: 'default' }>['value']) =>
    planned({ kind: 'default', column: of, sql: 'f()', value: given });
  expect(value('word', { kind: 'constant', text: "it's \\" })).toEqual([
    "ALTER COLUMN `word` SET DEFAULT 'it''s \\\\'",
  ]);
  expect(value('id', { kind: 'constant', text: 'no number' })).toEqual([expect.stringContaining('no value of int')]);
  expect(value('moment', { kind: 'now', onUpdate: false })).toEqual([
    'ALTER COLUMN `moment` SET DEFAULT (UTC_TIMESTAMP(6))',
  ]);
  expect(value('word', null)).toEqual(['it is no constant of the source: f()']);
  expect(planned({ kind: 'identity', column: 'id', sql: '', increment: '1' })).toEqual([]);
  expect(planned({ kind: 'identity', column: 'id', sql: '', increment: '-1' })).toEqual([
    expect.stringContaining('counts upwards'),
  ]);
});
