import { expect, it } from 'vitest';
import { losesSilently } from './type-loss.ts';

it.each([
  ['double', 'float'],
  ['int', 'float'],
  ['bigint unsigned', 'double'],
  ['decimal(10,2)', 'double'],
  ['double', 'double(10,2)'],
  ['double', 'decimal(10,2)'],
  ['decimal(10,3)', 'decimal(10,2)'],
  ['datetime(6)', 'date'],
  ['datetime(6)', 'datetime'],
  ['timestamp(3)', 'datetime(2)'],
  ['time(6)', 'time'],
  ['varchar(20)', 'char(20)'],
  ['longtext', 'char(20)'],
  ['varbinary(20)', 'binary(20)'],
  ['binary(4)', 'binary(8)'],
])('values of %s are not those of %s', (source, target) => {
  expect(losesSilently(source, target)).toBe(true);
});

it.each([
  ['smallint', 'float'],
  ['int', 'double'],
  ['float', 'double'],
  ['decimal(10,2)', 'decimal(20,4)'],
  ['longtext', 'decimal(20,4)'],
  ['bigint', 'int'],
  ['date', 'datetime'],
  ['datetime(3)', 'datetime(6)'],
  ['varchar(20)', 'varchar(10)'],
  ['char(10)', 'char(20)'],
  ['binary(4)', 'varbinary(4)'],
  ['longtext', 'longblob'],
])('values of %s are those of %s, or refused', (source, target) => {
  expect(losesSilently(source, target)).toBe(false);
});
