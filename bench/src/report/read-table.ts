import type { ReaderResult } from '../runs/measure-reader.ts';
import { median } from './median.ts';
import { numberText } from './number-text.ts';
import type { TextTable } from './text-table.ts';

interface LabelledRuns {
  readonly label: string;
  readonly runs: readonly ReaderResult[];
}

/** One row per reader; CPU times in seconds. */
export const readTable = (readers: readonly LabelledRuns[], changes: number): TextTable => ({
  header: ['', 's', 'min-max', 'rows/s', 'cpu node', 'walsender', 'RSS MB'],
  rows: readers.map(({ label, runs }) => {
    const { seconds, count, megabytes } = numberText;
    const times = runs.map((run) => run.seconds);
    const walsender = runs.flatMap(({ cpu }) => cpu.walsender ?? []);
    return [
      label,
      seconds(median(times)),
      `${seconds(Math.min(...times))}-${seconds(Math.max(...times))}`,
      count(changes / median(times)),
      seconds(median(runs.map(({ cpu }) => cpu.node))),
      seconds(walsender.length === 0 ? null : median(walsender)),
      megabytes(Math.max(...runs.map(({ residentBytes }) => residentBytes))),
    ];
  }),
});
