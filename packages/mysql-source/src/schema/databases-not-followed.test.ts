import { expect, it } from 'vitest';
import type { SchemaScope } from './model/schema-draft.ts';
import { readSchemaHistory, writeSchemaHistory } from './schema-history.ts';
import { SchemaModel } from './schema-model.ts';

const utf8mb4 = { defaultCollation: 'utf8mb4_0900_ai_ci', maxBytes: 4 };
const scope: SchemaScope = {
  settings: {
    flavor: 'mysql',
    version: 90704,
    lowerCaseTableNames: 0,
    explicitDefaultsForTimestamp: true,
    defaultCollation: 'utf8mb4_0900_ai_ci',
    utf8: 'utf8mb3',
    charsets: { utf8mb4 },
  },
  followed: ['shop'],
  captured: (schema, table) => ['shop.t', 'late.t'].includes(`${schema}.${table}`),
};
const apply = (model: SchemaModel, sql: string) => model.apply({ sql, schema: 'shop', sqlMode: 0n, ansiQuotes: false });
const modelOf = (...statements: readonly string[]) =>
  ['CREATE DATABASE shop', 'CREATE DATABASE other', ...statements].reduce(
    (model, sql) => apply(model, sql).model,
    new SchemaModel({ databases: new Map() }, scope),
  );

it.each([
  'CREATE DATABASE IF NOT EXISTS other',
  'CREATE DATABASE late',
  'CREATE TABLE other.n (a int)',
  'CREATE TABLE other.n (a whatever) NEW_OPTION',
  'ALTER TABLE other.n CONVERT TO CHARACTER SET utf8mb4, DEFAULT CHARACTER SET utf8mb4',
  'RENAME TABLE other.n TO other.m',
  'RENAME TABLE other.n TO late.t',
  'ALTER TABLE late.t DROP nothing',
  'DROP DATABASE other',
])('nothing is remembered of another database: %s', (sql) => {
  const model = modelOf('CREATE TABLE t (a int)');
  expect(apply(model, sql)).toEqual({ model, effects: [] });
});

it.each([
  'RENAME TABLE other.n TO shop.t',
  'RENAME TABLE other.n TO shop.u, shop.u TO shop.t',
  'ALTER TABLE other.n RENAME TO shop.t',
  'ALTER TABLE IF EXISTS other.n RENAME shop.t',
  'ALTER TABLE other.n CONVERT PARTITION p TO TABLE shop.t',
  'CREATE TABLE shop.t LIKE other.n',
  'CREATE TABLE shop.t (LIKE other.n)',
])('what comes from there into a captured table is not guessed: %s', (sql) => {
  expect(() => apply(modelOf(), sql)).toThrowError(expect.objectContaining({ code: 'DDL_NOT_UNDERSTOOD' }));
});

it.each(['RENAME TABLE other.n TO u', 'CREATE TABLE u LIKE other.n', 'ALTER TABLE other.n RENAME shop.u'])(
  'nor by way of a table that is not captured: %s',
  (sql) => {
    const model = modelOf(sql);
    expect(() => apply(model, 'RENAME TABLE u TO t')).toThrowError(
      expect.objectContaining({ code: 'DDL_NOT_UNDERSTOOD' }),
    );
    expect(apply(model, 'DROP TABLE u').model.state).toEqual(modelOf().state);
  },
);

it('a table that leaves is gone', () => {
  const model = modelOf('CREATE TABLE t (a int)', 'RENAME TABLE t TO other.t', 'CREATE TABLE t (b int)');
  expect(model.definitions()).toMatchObject([{ schema: 'shop', table: 't', columns: [{ name: 'b' }] }]);
});

it('a captured table there is emptied, though nobody knows its columns', () => {
  const model = modelOf();
  expect(apply(model, 'TRUNCATE late.t').effects).toMatchObject([
    { kind: 'table-truncated', table: { schema: 'late', table: 't' } },
  ]);
  expect(apply(model, 'TRUNCATE other.n').effects).toEqual([]);
  expect(() => apply(model, 'TRUNCATE shop.t')).toThrowError();
});

it('a history follows what it followed when it began, whatever is asked for later', () => {
  const text = writeSchemaHistory(modelOf('CREATE TABLE t (a int)'), 'p');
  const later = readSchemaHistory(text, 'p', { ...scope, followed: ['late', 'shop'] });
  expect(later.followed).toEqual(['shop']);
  expect(apply(later, 'ALTER TABLE late.t DROP nothing')).toEqual({ model: later, effects: [] });
});
