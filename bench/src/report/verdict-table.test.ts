import { expect, it } from 'vitest';
import { ratioVerdict } from './verdict.ts';
import { memoryVerdict, verdictTable } from './verdict-table.ts';

it('shows every number beside what it should be', () => {
  const verdicts = [
    ratioVerdict('updates', 'native / ours', 1.1, [1.25, 0.85]),
    ratioVerdict('tables', 'native / ours', null, [1, null]),
    memoryVerdict([100 * 1024 * 1024, 90 * 1024 * 1024]),
  ];
  expect(verdictTable(verdicts).rows).toEqual([
    ['updates: native / ours', '1.10x', '>= 1.25x', '>= 0.85x', 'missed, above the floor'],
    ['tables: native / ours', '-', '>= 1.00x', '-', 'not measured'],
    ['memory: most RSS of our process in any run', '100 MB', '<= 120 MB', '<= 160 MB', 'met'],
  ]);
});

it('does not judge memory that nobody measured', () => {
  expect(memoryVerdict([]).value).toBeNull();
});
