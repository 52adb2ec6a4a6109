import type { RunResult } from '../runs/measure-run.ts';
import { type Measurements, medianSeconds, nativeToOurs } from '../runs/measurements.ts';
import { median } from './median.ts';
import { numberText } from './number-text.ts';
import type { TextTable } from './text-table.ts';

const header = [
  '',
  's',
  'min-max',
  'rows/s',
  'x on',
  'x off',
  'cpu node',
  'walsender',
  'target',
  'other',
  'start s',
  'RSS MB',
];

const medianOf = (runs: readonly RunResult[], pick: (run: RunResult) => number | null): number | null => {
  const values = runs.map(pick).filter((value) => value !== null);
  return values.length === 0 ? null : median(values);
};

const largest = (runs: readonly RunResult[], pick: (run: RunResult) => number | null): number | null =>
  runs.reduce<number | null>((most, run) => {
    const value = pick(run);
    return value === null ? most : Math.max(most ?? 0, value);
  }, null);

/** The most memory of our process in any of the runs, in bytes. */
export const largestResident = (all: readonly Measurements[]): number | null =>
  largest(
    all.flatMap(({ runs }) => runs),
    ({ residentBytes }) => residentBytes,
  );

/** One row per configuration; CPU times in seconds, ratios to the native side of the same form. */
export const backlogTable = (all: readonly Measurements[], changes: number): TextTable => ({
  header,
  rows: all.map((measurements) => {
    const { configuration, runs } = measurements;
    const { seconds, ratio, count, megabytes } = numberText;
    const times = runs.map((run) => run.seconds);
    const toNative = (commit: 'on' | 'off') =>
      configuration.side === 'ours' ? nativeToOurs(all, configuration.form, commit) : null;
    return [
      configuration.label,
      seconds(medianSeconds(measurements)),
      `${seconds(Math.min(...times))}-${seconds(Math.max(...times))}`,
      count(changes / medianSeconds(measurements)),
      ratio(toNative('on')),
      ratio(toNative('off')),
      seconds(medianOf(runs, ({ cpu }) => cpu.node)),
      seconds(medianOf(runs, ({ cpu }) => cpu.walsender)),
      seconds(medianOf(runs, ({ cpu }) => cpu.target)),
      seconds(medianOf(runs, ({ cpu }) => cpu.other)),
      seconds(medianOf(runs, ({ startSeconds }) => startSeconds)),
      megabytes(largest(runs, ({ residentBytes }) => residentBytes)),
    ];
  }),
});
