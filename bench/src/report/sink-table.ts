import type { RunResult } from '../runs/measure-run.ts';
import { median } from './median.ts';
import { numberText } from './number-text.ts';
import type { TextTable } from './text-table.ts';

interface LabelledRuns {
  readonly label: string;
  readonly runs: readonly RunResult[];
}

/** One row per writer; CPU times in seconds. */
export const sinkTable = (writers: readonly LabelledRuns[], rows: number): TextTable => ({
  header: ['', 's', 'min-max', 'rows/s', 'cpu node', 'target', 'RSS MB'],
  rows: writers.map(({ label, runs }) => {
    const { seconds, count, megabytes } = numberText;
    const times = runs.map((run) => run.seconds);
    const node = runs.flatMap(({ cpu }) => cpu.node ?? []);
    const resident = runs.flatMap(({ residentBytes }) => residentBytes ?? []);
    return [
      label,
      seconds(median(times)),
      `${seconds(Math.min(...times))}-${seconds(Math.max(...times))}`,
      count(rows / median(times)),
      seconds(node.length === 0 ? null : median(node)),
      // The process that a COPY ran in ends with it.
      seconds(node.length === 0 ? null : median(runs.map(({ cpu }) => cpu.target ?? 0))),
      megabytes(resident.length === 0 ? null : Math.max(...resident)),
    ];
  }),
});
