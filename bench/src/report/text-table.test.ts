import { expect, it } from 'vitest';
import { renderTable } from './text-table.ts';

it('sets columns below each other, numbers to the right', () => {
  const header = ['side', 's', 'rows/s'];
  const rows = [
    ['ours', '1.50', '666,666'],
    ['native', '12.00', '83,333'],
  ];
  expect(renderTable({ header, rows })).toBe(
    ['side        s   rows/s', '------  -----  -------', 'ours     1.50  666,666', 'native  12.00   83,333'].join('\n'),
  );
});

it('leaves out what a row does not have', () => {
  expect(renderTable({ header: ['a', 'b'], rows: [['only']] })).toBe('a     b\n----  -\nonly');
});
