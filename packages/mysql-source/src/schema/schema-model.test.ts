import { MillraceError } from '@millrace/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ddlCorpus } from './ddl-corpus.test-support.ts';
import type { SchemaScope } from './model/schema-draft.ts';
import type { SchemaSettings } from './model/schema-settings.ts';
import { readSchemaHistory, writeSchemaHistory } from './schema-history.ts';
import { SchemaModel } from './schema-model.ts';

const settings: SchemaSettings = {
  flavor: 'mysql',
  version: 90704,
  lowerCaseTableNames: 0,
  explicitDefaultsForTimestamp: true,
  defaultCollation: 'utf8mb4_0900_ai_ci',
  utf8: 'utf8mb3',
  charsets: {
    utf8mb4: { defaultCollation: 'utf8mb4_0900_ai_ci', maxBytes: 4 },
    utf8mb3: { defaultCollation: 'utf8mb3_general_ci', maxBytes: 3 },
    latin1: { defaultCollation: 'latin1_swedish_ci', maxBytes: 1 },
    ascii: { defaultCollation: 'ascii_general_ci', maxBytes: 1 },
    ucs2: { defaultCollation: 'ucs2_general_ci', maxBytes: 2 },
    binary: { defaultCollation: 'binary', maxBytes: 1 },
  },
};
const scopeOf = (captured: string | null, changes: Partial<SchemaSettings> = {}): SchemaScope => ({
  settings: { ...settings, ...changes },
  followed: ['shop', 'other'],
  captured: (schema, table) => captured === null || `${schema}.${table}` === captured,
});
const empty = (scope: SchemaScope) =>
  ['CREATE DATABASE shop', 'CREATE DATABASE other'].reduce(
    (model, sql) => apply(model, sql).model,
    new SchemaModel({ databases: new Map() }, scope),
  );
const apply = (model: SchemaModel, sql: string, sqlMode = 0n) =>
  model.apply({ sql, schema: 'shop', sqlMode, ansiQuotes: false });
const modelOf = (scope: SchemaScope, ...statements: readonly string[]) =>
  statements.reduce((model, sql) => apply(model, sql).model, empty(scope));
const columnsOf = (model: SchemaModel, table: string) =>
  model.definition('shop', table)?.columns.map(({ name, type }) => `${name} ${type}`);

it('says what changed, a rename as a rename', () => {
  const model = modelOf(scopeOf(null), 'CREATE TABLE t (a int, b varchar(5), c int, d int)');
  const { effects } = apply(
    model,
    "ALTER TABLE t DROP d, CHANGE a x bigint, MODIFY c int FIRST, ADD e int NOT NULL, ADD f varchar(9) DEFAULT 'it''s', ADD g timestamp DEFAULT now(), ADD PRIMARY KEY (c)",
  );
  expect(effects).toHaveLength(1);
  expect(effects[0]).toMatchObject({
    kind: 'table-changed',
    after: { primaryKey: ['c'], columns: ['c', 'x', 'b', 'e', 'f', 'g'].map((name) => ({ name })) },
    changes: [
      { kind: 'column-dropped', name: 'd' },
      { kind: 'column-retyped', from: { name: 'c', nullable: true }, to: { name: 'c', nullable: false } },
      { kind: 'column-renamed', from: 'a', to: 'x' },
      { kind: 'column-retyped', from: { type: 'int' }, to: { type: 'bigint' } },
      { kind: 'column-added', column: { name: 'e' }, fill: { kind: 'zero' } },
      { kind: 'column-added', column: { name: 'f' }, fill: { kind: 'constant', sql: "'it''s'" } },
      { kind: 'column-added', column: { name: 'g' }, fill: { kind: 'computed' } },
      { kind: 'column-moved', name: 'c' },
      { kind: 'keys-changed' },
    ],
  });
  expect(columnsOf(model, 't'), 'the model before is as it was').toEqual(['a int', 'b varchar(5)', 'c int', 'd int']);
});

it('says which table replaces which when names are swapped', () => {
  const model = modelOf(scopeOf(null), 'CREATE TABLE t (old int)', 'CREATE TABLE _t_gho (new int)');
  const { effects } = apply(model, 'rename /* gh-ost */ table `t` to `_t_del`, `_t_gho` to `t`');
  expect(effects).toMatchObject([
    { kind: 'table-renamed', before: { table: 't' }, after: { table: '_t_del' }, replaced: null },
    {
      kind: 'table-renamed',
      before: { table: '_t_gho' },
      after: { table: 't', columns: [{ name: 'new' }] },
      replaced: { table: 't', columns: [{ name: 'old' }] },
    },
  ]);
  const swap = apply(model, 'RENAME TABLE t TO tmp, _t_gho TO t, tmp TO _t_gho');
  expect(swap.effects).toMatchObject([
    { before: { table: '_t_gho' }, after: { table: 't' }, replaced: { columns: [{ name: 'old' }] } },
    { before: { table: 't' }, after: { table: '_t_gho' }, replaced: { columns: [{ name: 'new' }] } },
  ]);
});

it.each([
  ['ALTER TABLE t DROP PARTITION p0', 'a partition was dropped'],
  ['ALTER TABLE t TRUNCATE PARTITION ALL', 'a partition was emptied'],
  ['ALTER TABLE t EXCHANGE PARTITION p0 WITH TABLE u', 'a partition was exchanged with a table'],
  ['ALTER TABLE u EXCHANGE PARTITION p0 WITH TABLE t', 'a partition was exchanged with a table'],
  ['ALTER TABLE t IMPORT TABLESPACE', 'its file was exchanged'],
  ['ALTER IGNORE TABLE t FORCE', 'rows that did not fit were dropped'],
  ['ALTER TABLE t MODIFY g int AS (a + 2)', 'the expression of g may be another'],
])('says that rows changed without being logged: %s', (sql, reason) => {
  const model = modelOf(scopeOf('shop.t'), 'CREATE TABLE t (a int, g int AS (a + 1))', 'CREATE TABLE u (a int, g int)');
  const { effects } = apply(model, sql);
  expect(effects).toContainEqual(
    expect.objectContaining({
      kind: 'table-changed',
      after: model.definition('shop', 't'),
      changes: [{ kind: 'rows-rewritten', reason }],
    }),
  );
});

it('says what is dropped and emptied', () => {
  const model = modelOf(scopeOf(null), 'CREATE TABLE t (a int)', 'CREATE TABLE u (a int)');
  expect(apply(model, 'TRUNCATE t').effects).toMatchObject([{ kind: 'table-truncated', table: { table: 't' } }]);
  expect(apply(model, 'DELETE FROM `shop`.`t`').effects).toMatchObject([{ kind: 'table-truncated' }]);
  expect(apply(model, 'DROP DATABASE shop').effects).toMatchObject([
    { kind: 'table-dropped', before: { table: 't' } },
    { kind: 'table-dropped', before: { table: 'u' } },
  ]);
});

it.each([
  'CREATE TABLE n AS SELECT 1 AS a',
  'CREATE TABLE n (a int) SELECT 1 AS b',
  'CREATE TABLE n (a int, PERIOD FOR p (b, c))',
  'CREATE TABLE n (a int) WITH SYSTEM VERSIONING',
  'CREATE TABLE n (a whatever)',
  'CREATE TABLE n (a int NEW_ATTRIBUTE)',
  'CREATE TABLE n (a int) NEW_OPTION = 1',
  'CREATE TABLE n (a varchar(3) CHARACTER SET unheard_of)',
  'CREATE TABLE n LIKE elsewhere.t',
  'CREATE TABLE t (again int)',
  'ALTER TABLE t NEW_CLAUSE',
  'ALTER TABLE t DROP nothing',
  'ALTER TABLE t ADD a int',
  'ALTER TABLE t ADD SYSTEM VERSIONING',
  'ALTER TABLE t ADD b int AFTER nothing',
  'ALTER TABLE nothing ADD a int',
  'RENAME TABLE elsewhere.t TO u',
  'RENAME TABLE nothing TO u',
  'TRUNCATE nothing',
  'IMPORT TABLE FROM "x"',
  'CREATE DATABASE shop',
  "ALTER TABLE t ADD b varchar(3) DEFAULT 'no end",
])('what is not certain stops: %s', (sql) => {
  const model = modelOf(scopeOf(null), 'CREATE TABLE t (a int)');
  expect(() => apply(model, sql)).toThrowError(expect.objectContaining({ code: 'DDL_NOT_UNDERSTOOD' }));
});

it('the text of a statement is in no error', () => {
  const model = modelOf(scopeOf(null), 'CREATE TABLE t (a int)');
  try {
    apply(model, "ALTER TABLE t ADD b int DEFAULT 'secret' SECRET");
    expect.unreachable();
  } catch (error) {
    expect(JSON.stringify([(error as Error).message, error])).not.toMatch(/secret/i);
    expect(error).toMatchObject({ details: { statement: 'ALTER TABLE', table: 'shop.t' } });
  }
});

it.each([
  'ALTER TABLE u NEW_CLAUSE',
  'CREATE TABLE n (a whatever)',
  'ALTER TABLE elsewhere.t NEW_CLAUSE',
  'DROP TABLE elsewhere.t, u',
  'ALTER TABLE elsewhere.t CONVERT TO CHARACTER SET latin1, RENAME COLUMN a TO b, NEW_CLAUSE',
  'CREATE VIEW v AS SELECT new SYNTAX',
  'RENAME TABLE elsewhere.a TO elsewhere.b',
  'DROP INDEX nothing ON u',
])('what is certainly about something else goes on: %s', (sql) => {
  const model = modelOf(scopeOf('shop.t'), 'CREATE TABLE t (a int)', 'CREATE TABLE u (a int)');
  const { model: after } = apply(model, sql);
  expect(after.definition('shop', 't')).toEqual(model.definition('shop', 't'));
});

it.each(['BEGIN', 'GRANT SELECT ON t TO u', 'CREATE TABLE IF NOT EXISTS t (b int)', 'DROP TABLE IF EXISTS v', ''])(
  'the model is the same behind a statement of no consequence: %s',
  (sql) => {
    const model = modelOf(scopeOf(null), 'CREATE TABLE t (a int)');
    expect(apply(model, sql)).toEqual({ model, effects: [] });
    expect(apply(model, sql).model).toBe(model);
  },
);

it('a table that was not understood cannot become a captured one', () => {
  const scope = scopeOf('shop.t');
  const model = modelOf(scope, 'CREATE TABLE u (a whatever)', 'RENAME TABLE u TO v', 'ALTER TABLE v ADD b int');
  const restored = readSchemaHistory(writeSchemaHistory(model, 'p'), 'p', scope);
  for (const sql of ['RENAME TABLE v TO t', 'ALTER TABLE v RENAME t, NEW_CLAUSE', 'CREATE TABLE t LIKE v'])
    expect(() => apply(restored, sql)).toThrowError(expect.objectContaining({ code: 'DDL_NOT_UNDERSTOOD' }));
  expect(() => restored.definition('shop', 'v')).toThrowError(expect.objectContaining({ code: 'DDL_NOT_UNDERSTOOD' }));
  expect(apply(restored, 'DROP TABLE v').model.definition('shop', 'v')).toBeNull();
});

it.each([
  'INSERT INTO t VALUES (1)',
  'DELETE FROM t WHERE a = 1',
  'UPDATE t SET a = 2',
  'LOAD DATA INFILE "x" INTO TABLE t',
])('rows that were logged as a statement stop: %s', (sql) => {
  const model = modelOf(scopeOf(null), 'CREATE TABLE t (a int)');
  expect(() => apply(model, sql)).toThrowError(expect.objectContaining({ code: 'STATEMENT_CHANGES_ROWS' }));
});

it.each([
  'ALTER TABLE t ADD b int -- to the end, DROP a',
  'ALTER TABLE t ADD b int # to the end\n/* DROP /* a */',
  'ALTER TABLE t /*!80000 ADD b int */ /*!99999 , DROP a /* nested */ */',
  'ALTER TABLE/**/t/*!ADD b int*/',
  'ALTER TABLE shop . t ADD`b`int',
])('comments and quotes are read as by the server: %s', (sql) => {
  const model = modelOf(scopeOf(null), 'CREATE TABLE t (a int)');
  expect(columnsOf(apply(model, sql).model, 't')).toEqual(['a int', 'b int']);
});

it('a sequence that takes the place of a table drops it', () => {
  const model = modelOf(scopeOf(null), 'CREATE TABLE t (a int)');
  expect(apply(model, 'CREATE OR REPLACE SEQUENCE t').effects).toMatchObject([{ kind: 'table-dropped' }]);
});

it('whatever the text, it is an effect or an error of ours', () => {
  const model = modelOf(scopeOf(null), 'CREATE TABLE t (a int, b varchar(5), UNIQUE (b))');
  const statements = ddlCorpus.flatMap((script) => script.statements);
  const pieces = fc.oneof(
    fc.constantFrom(...new Set(statements.flatMap((sql) => sql.split(/(?=[ (),'"`])/)))),
    fc.string({ maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...statements), fc.nat(), fc.array(pieces, { maxLength: 6 }), (sql, cut, more) => {
      try {
        apply(model, `${sql.slice(0, cut % (sql.length + 1))}${more.join('')}`);
      } catch (error) {
        expect(error).toBeInstanceOf(MillraceError);
      }
    }),
    { numRuns: 3_000 },
  );
});

it('names are compared as the server compares them', () => {
  const model = modelOf(
    scopeOf(null, { lowerCaseTableNames: 1 }),
    'CREATE TABLE Orders (Id int)',
    'ALTER TABLE ORDERS RENAME COLUMN ID TO number',
  );
  expect(model.definition('SHOP', 'ORDERS')).toMatchObject({ table: 'orders', columns: [{ name: 'number' }] });
  const exact = modelOf(scopeOf(null), 'CREATE TABLE Orders (a int)', 'CREATE TABLE orders (b int)');
  expect(columnsOf(exact, 'Orders')).toEqual(['a int']);
});

it('TIMESTAMP is NOT NULL where the server says so, and MariaDB types are not those of ORACLE and MAXDB', () => {
  const old = modelOf(
    scopeOf(null, { explicitDefaultsForTimestamp: false }),
    'CREATE TABLE t (a timestamp, b timestamp NULL)',
  );
  expect(old.definition('shop', 't')?.columns.map(({ nullable }) => nullable)).toEqual([false, true]);
  const mariadb = empty(scopeOf(null, { flavor: 'mariadb', version: 110809 }));
  for (const mode of [512n, 4096n])
    expect(() => apply(mariadb, 'CREATE TABLE t (a date)', mode)).toThrowError(
      expect.objectContaining({ code: 'DDL_NOT_UNDERSTOOD' }),
    );
});

it('a history is what it was when it is read again', () => {
  const scope = scopeOf(null);
  const statements = ddlCorpus.find(({ title }) => title === 'nullability and keys')?.statements ?? [];
  const model = modelOf(scope, ...statements, 'CREATE TABLE g (a int AS (1) STORED, b int AS (1), c int INVISIBLE)');
  expect(readSchemaHistory(writeSchemaHistory(model, 'p'), 'p', scope).state).toEqual(model.state);
});

it('a history that was saved without names of views goes on without them', () => {
  const scope = scopeOf('shop.v');
  const saved = JSON.parse(writeSchemaHistory(modelOf(scope, 'CREATE VIEW v AS SELECT 1'), 'p'));
  const before = { ...saved, databases: saved.databases.map((database: readonly unknown[]) => database.slice(0, 3)) };
  const restored = readSchemaHistory(JSON.stringify(before), 'p', scope);
  expect(apply(restored, 'CREATE VIEW w AS SELECT 1').model).toBe(restored);
  expect(() => apply(restored, 'RENAME TABLE v TO w')).toThrowError(
    expect.objectContaining({ code: 'DDL_NOT_UNDERSTOOD' }),
  );
});

it.each([
  ['nothing', null],
  ['a torn text', '{"version":2,"position":"p","data'],
  ['a newer version', '{"version":3,"position":"p","databases":[]}'],
  ['another position', '{"version":2,"position":"q","databases":[]}'],
])('a history that is lost is an error: %s', (_title, text) => {
  expect(() => readSchemaHistory(text, 'p', scopeOf(null))).toThrowError(
    expect.objectContaining({ code: 'SCHEMA_HISTORY_LOST', recovery: 'recover' }),
  );
});

it.each([
  ['mariadb', 'UNIQUE (a)', 1],
  ['mariadb', 'UNIQUE (a), UNIQUE (b), UNIQUE (n), KEY (c, b(10))', 2],
  ['mariadb', 'UNIQUE (a(100)), UNIQUE (c, n)', undefined],
  ['mysql', 'UNIQUE (b)', undefined],
] as const)('of the unique keys of %s, %s, so many may be kept by a hash: %s', (flavor, keys, most) => {
  const columns = 'id int PRIMARY KEY, a text, b varchar(800), c varchar(190), n bigint';
  const model = ['CREATE DATABASE shop', `CREATE TABLE t (${columns}, ${keys})`].reduce(
    (before, sql) => before.apply({ sql, schema: 'shop', sqlMode: 0n, ansiQuotes: false }).model,
    new SchemaModel({ databases: new Map() }, scopeOf(null, { flavor })),
  );
  expect(model.definition('shop', 't')?.mostHashes).toBe(most);
});
