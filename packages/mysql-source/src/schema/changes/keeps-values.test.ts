import { expect, it } from 'vitest';
import type { ColumnDefinition } from '../table-definition.ts';
import { keepsValues } from './keeps-values.ts';

/** `type`, then a character set and `null`. */
const column = (text: string): ColumnDefinition => {
  const [, type = '', charset, nullable] = /^(.*?)(?: (utf8mb4|utf8mb3|latin1))?( null)?$/.exec(text) ?? [];
  return {
    name: 'c',
    type,
    collation: charset === undefined ? null : `${charset}_general_ci`,
    nullable: nullable !== undefined,
    generated: null,
    invisible: false,
  };
};
const kept = (from: string, to: string, strict = false) => keepsValues(column(from), column(to), strict);

it.each([
  ['int', 'int null'],
  ['tinyint(1)', 'tinyint'],
  ['int', 'bigint'],
  ['int unsigned', 'bigint'],
  ['smallint unsigned', 'int unsigned zerofill'],
  ['decimal(6,2)', 'decimal(8,3)'],
  ['datetime', 'datetime(3)'],
  ['varchar(5) utf8mb4', 'varchar(6) utf8mb4'],
  ['char(5) latin1', 'varchar(5) utf8mb4'],
  ['varchar(50) latin1', 'text utf8mb4'],
  ['text latin1', 'mediumtext utf8mb4'],
  ['text utf8mb4', 'text utf8mb4'],
  ['varbinary(5)', 'blob'],
  ["enum('a','b') utf8mb4", "enum('b','c','a') utf8mb4"],
  ["set('a','b') utf8mb4", "set('a','b','c') utf8mb4"],
  ['json', 'json'],
])('%s is %s with the same values', (from, to) => {
  expect(kept(from, to)).toBe(true);
});

it.each([
  ['bigint', 'int'],
  ['int', 'int unsigned'],
  ['int', 'decimal(20,2)'],
  ['decimal(6,2)', 'decimal(6,3)'],
  ['decimal(6,2)', 'decimal(8,2) unsigned'],
  ['datetime(3)', 'datetime'],
  ['datetime', 'timestamp'],
  ['varchar(5) utf8mb4', 'varchar(4) utf8mb4'],
  ['varchar(5) utf8mb4', 'char(5) utf8mb4'],
  ['varchar(5) utf8mb4', 'varchar(5) latin1'],
  ['varchar(5) utf8mb4', 'varbinary(20)'],
  ['text latin1', 'text utf8mb4'],
  ['varchar(20000) utf8mb4', 'text utf8mb4'],
  ['binary(4)', 'binary(5)'],
  ["enum('a','b') utf8mb4", "enum('a') utf8mb4"],
  ["set('a','b') utf8mb4", "set('b','a') utf8mb4"],
  ['year', 'smallint'],
  ['bit(3)', 'bit(4)'],
  ['varchar(5) utf8mb4', 'int'],
])('%s may be %s with other values', (from, to) => {
  expect(kept(from, to, true)).toBe(false);
});

it('NULL may become something else, unless the statement would fail', () => {
  expect([kept('int null', 'int'), kept('int null', 'int', true)]).toEqual([false, true]);
});
