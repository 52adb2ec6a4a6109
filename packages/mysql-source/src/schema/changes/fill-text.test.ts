import { expect, it } from 'vitest';
import type { ColumnDefinition } from '../table-definition.ts';
import { fillText, literalText } from './fill-text.ts';

const column = (type: string): ColumnDefinition => ({
  name: 'c',
  type,
  collation: /char|text|enum|set/.test(type) ? 'utf8mb4_0900_ai_ci' : null,
  nullable: false,
  generated: null,
  invisible: false,
});

it.each([
  ['tinyint(1)', 'TRUE', '1'],
  ['int', "'-007'", '-7'],
  ['int', '+5', '5'],
  ['bigint unsigned', '18446744073709551615', '18446744073709551615'],
  ['decimal(6,2)', '-01.5', '-1.50'],
  ['decimal(2,2)', '0.25', '0.25'],
  ['decimal(6,2)', '-0', '0.00'],
  ['float', '1.5', '1.5'],
  ['double', '-0.1', '-0.1'],
  ['bit(4)', "b'101'", '0101'],
  ['bit(4)', '5', '0101'],
  ['varchar(9)', "'it''s \\\\'", "it's \\"],
  ['varchar(9)', '7', '7'],
  ['char(5)', "'a  '", 'a'],
  ["enum('a','b')", "'b'", 'b'],
  ["set('a','b','c')", "'a,c'", 'a,c'],
  ['date', "'2026-01-02'", '2026-01-02'],
  ['datetime', "'2026-01-02'", '2026-01-02 00:00:00'],
  ['datetime(3)', "'2026-01-02T03:04:05.5'", '2026-01-02 03:04:05.500'],
  ['time(1)', "'-1:02:03'", '-01:02:03.0'],
])('a literal that is certain: %s DEFAULT %s', (type, sql, text) => {
  expect(literalText(sql, column(type))).toBe(text);
});

it.each([
  ['tinyint', '128'],
  ['int', '1.5'],
  ['int', '1e3'],
  ['year', '26'],
  ['decimal(6,2)', '1.005'],
  ['float', '0.1'],
  ['float(7,2)', '1.5'],
  ['double', '1e300'],
  ['varchar(9)', '007'],
  ['varchar(2)', "'long'"],
  ['varchar(9)', "_latin1'a'"],
  ['varchar(9)', "x'41'"],
  ["enum('a','b')", "'B'"],
  ["set('a','b','c')", "'c,a'"],
  ['date', "'0000-00-00'"],
  ['datetime', "'2026-01-02 03:04:05.5'"],
  ['timestamp', "'2026-01-02 03:04:05'"],
  ['time', "'12:34'"],
  ['json', "'{}'"],
  ['varbinary(5)', "'a'"],
])('only the server knows: %s DEFAULT %s', (type, sql) => {
  expect(literalText(sql, column(type))).toBeUndefined();
});

it.each([
  ['int', '0'],
  ['decimal(6,2)', '0.00'],
  ['varchar(5)', ''],
  ["enum('b','a')", 'b'],
  ['bit(3)', '000'],
  ['time(2)', '00:00:00.00'],
  ['binary(2)', '\\x0000'],
  ['datetime', undefined],
  ['json', undefined],
])('what rows get in a column that must have a value: %s', (type, text) => {
  expect(fillText({ kind: 'zero' }, column(type))).toBe(text);
});
