import { expect, test } from 'vitest';
import { requireSame } from './printed-items.ts';

const printed = { items: '3', sum: '17' };

test('the same number of rows with the same sum are the same rows', () => {
  expect(() => requireSame(printed, { ...printed })).not.toThrow();
});

test('another number of rows and another sum of their hashes are told with both sides', () => {
  expect(() => requireSame(printed, { ...printed, items: '2' })).toThrow(
    'The rows differ: 3 rows with the sum 17 expected, 2 rows with the sum 17 found',
  );
  expect(() => requireSame(printed, { ...printed, sum: '18' })).toThrow('3 rows with the sum 18 found');
});
