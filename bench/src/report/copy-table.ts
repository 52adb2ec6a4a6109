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

/** One row per side; CPU times in seconds, those of the whole machine in the last but one. */
export const copyTable = (sides: readonly CopyRuns[], rows: number): TextTable => ({
  header: ['', 's', 'min-max', 'rows/s', 'cpu node', 'cpu all', 'RSS MB'],
  rows: sides.map((side) => {
    const { seconds, count, megabytes } = numberText;
    const times = side.runs.map((run) => run.seconds);
    const node = side.runs.flatMap(({ cpu }) => cpu.node ?? []);
    return [
      side.label,
      seconds(medianCopy(side)),
      `${seconds(Math.min(...times))}-${seconds(Math.max(...times))}`,
      count(rows / medianCopy(side)),
      seconds(node.length === 0 ? null : median(node)),
      seconds(median(side.runs.map(({ cpu }) => cpu.all))),
      megabytes(residentOf(side.runs)),
    ];
  }),
});
