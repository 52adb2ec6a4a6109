import { expect, it } from 'vitest';
import { expectingPlace, expectingRows, statementText } from './expected-rows.ts';

it('a statement stands behind the queries it needs', () => {
  expect(statementText({ ctes: [], statement: 'DELETE FROM t' })).toBe('DELETE FROM t');
  expect(statementText({ ctes: ['a AS (SELECT 1)', 'b AS (SELECT 2)'], statement: 'DELETE FROM t' })).toBe(
    'WITH a AS (SELECT 1), b AS (SELECT 2) DELETE FROM t',
  );
});

it('a statement that changes rows fails unless it returns as many as expected', () => {
  expect(expectingRows({ ctes: ['one AS (SELECT 1)'], statement: 'DELETE FROM t' }, 3)).toBe(
    "WITH one AS (SELECT 1), met AS (DELETE FROM t RETURNING 1) SELECT pg_catalog.substr('', 1, CASE pg_catalog.count(*) WHEN 3 THEN 0 ELSE -1 END) FROM met",
  );
});

it('one that only looks returns its rows as it is', () => {
  expect(expectingRows({ ctes: [], statement: 'SELECT 1 FROM t' }, 1)).toContain('met AS (SELECT 1 FROM t)');
});

it('where the row is now comes second', () => {
  expect(expectingPlace('UPDATE t SET a = 1')).toBe(
    "WITH met AS (UPDATE t SET a = 1 RETURNING ctid) SELECT pg_catalog.substr('', 1, CASE pg_catalog.count(*) WHEN 1 THEN 0 ELSE -1 END), pg_catalog.min(CAST(ctid AS text)) FROM met",
  );
});
