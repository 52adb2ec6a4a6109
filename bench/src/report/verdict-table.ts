import type { TextTable } from './text-table.ts';
import { outcomeOf, type Verdict } from './verdict.ts';

const number = (value: number, { aim }: Verdict): string => `${value.toFixed(aim.unit === ' MB' ? 0 : 2)}${aim.unit}`;

/** Every number that has an aim, beside it. */
export const verdictTable = (verdicts: readonly Verdict[]): TextTable => ({
  header: ['', 'measured', 'target', 'floor', 'outcome'],
  rows: verdicts.map((verdict) => {
    const { scenario, measure, value, aim } = verdict;
    const sign = aim.better === 'at-least' ? '>=' : '<=';
    return [
      `${scenario}: ${measure}`,
      value === null ? '-' : number(value, verdict),
      `${sign} ${number(aim.target, verdict)}`,
      aim.floor === null ? '-' : `${sign} ${number(aim.floor, verdict)}`,
      outcomeOf(verdict),
    ];
  }),
});

/** The verdict on the memory of our process over all scenarios, in MB; `residentBytes` of those that measured it. */
export const memoryVerdict = (residentBytes: readonly number[]): Verdict => ({
  scenario: 'memory',
  measure: 'most RSS of our process in any run',
  value: residentBytes.length === 0 ? null : Math.max(...residentBytes) / 1024 / 1024,
  aim: { better: 'at-most', target: 120, floor: 160, unit: ' MB' },
});
