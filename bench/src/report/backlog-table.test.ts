import { expect, it } from 'vitest';
import { measured } from '../runs/measured.test-support.ts';
import { backlogTable, largestResident } from './backlog-table.ts';

const all = [measured('ours', 'on', 2, 9, 1), measured('native', 'on', 8), measured('native', 'off', 3)];

it('has medians, extremes, and ratios in the rows of ours', () => {
  const { header, rows } = backlogTable(all, 1_000_000);
  const row = (index: number) => Object.fromEntries(header.map((name, column) => [name, rows[index]?.[column]]));
  expect(row(0)).toMatchObject({
    s: '2.00',
    'min-max': '1.00-9.00',
    'rows/s': '500,000',
    'x on': '4.00',
    'x off': '1.50',
    'RSS MB': '9',
  });
  expect(row(1)).toMatchObject({ s: '8.00', 'x on': '-', 'cpu node': '-', walsender: '1.00', 'RSS MB': '-' });
});

it('finds the most memory of any run', () => {
  expect(largestResident(all)).toBe(9 * 1024 * 1024);
  expect(largestResident(all.slice(1))).toBeNull();
});
