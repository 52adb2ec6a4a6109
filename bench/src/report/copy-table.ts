import type { CopyResult } from '../copies/measure-copy.ts';
import { median } from './median.ts';
import { numberText } from './number-text.ts';
import type { TextTable } from './text-table.ts';

/** The copies of one side. */
export interface CopyRuns {
  readonly label: string;
  readonly runs: readonly CopyResult[];
}

export const medianCopy = ({ runs }: CopyRuns): number => median(runs.map(({ seconds }) => seconds));

export const residentOf = (runs: readonly CopyResult[]): number | null => {
  const resident = runs.flatMap(({ residentBytes }) => residentBytes ?? []);
  return resident.length === 0 ? null : Math.max(...resident);
};

/** One row per side; CPU times in seconds. */
export const copyTable = (sides: readonly CopyRuns[], rows: number): TextTable => ({
  header: ['', 's', 'min-max', 'rows/s', 'cpu own', 'source', 'target', 'other', 'RSS MB'],
  rows: sides.map((side) => {
    const { seconds, count, megabytes } = numberText;
    const times = side.runs.map((run) => run.seconds);
    const own = side.runs.flatMap(({ cpu }) => cpu.own ?? []);
    const cpu = (part: 'source' | 'target' | 'other') => seconds(median(side.runs.map((run) => run.cpu[part])));
    return [
      side.label,
      seconds(medianCopy(side)),
      `${seconds(Math.min(...times))}-${seconds(Math.max(...times))}`,
      count(rows / medianCopy(side)),
      seconds(own.length === 0 ? null : median(own)),
      cpu('source'),
      cpu('target'),
      cpu('other'),
      megabytes(residentOf(side.runs)),
    ];
  }),
});
