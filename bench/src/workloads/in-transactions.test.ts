import { expect, it } from 'vitest';
import { inTransactions } from './in-transactions.ts';

it('commits after every so many rows, and ends with the last one', () => {
  const text = inTransactions({ rows: 2_500, perTransaction: 1_000 }, (first, last) => `SELECT ${first}, ${last}`);
  expect(text).toContain('WHILE low <= 2500 LOOP');
  expect(text).toContain('high := least(low + 1000 - 1, 2500);');
  expect(text).toContain('SELECT low, high;\n    COMMIT;');
});
