import type { TrafficResult } from '../runs/live-traffic.ts';
import { median } from './median.ts';
import { numberText } from './number-text.ts';
import type { TextTable } from './text-table.ts';

/** The runs of one side. */
export interface TrafficRuns {
  readonly label: string;
  readonly runs: readonly TrafficResult[];
}

/** The median over the runs of one of their quantiles, in milliseconds. */
export const medianDelay = ({ runs }: TrafficRuns, quantile: 'p50' | 'p95' | 'p99'): number =>
  median(runs.map(({ delays }) => delays[quantile]));

const milliseconds = (value: number): string => value.toFixed(3);

/** One row per side; delays in milliseconds, CPU times in seconds over the whole traffic. */
export const delayTable = (sides: readonly TrafficRuns[]): TextTable => ({
  header: ['', 'p50 ms', 'p95 ms', 'p99 ms', 'p50 min-max', 'cpu node', 'walsender', 'target', 'RSS MB'],
  rows: sides.map((side) => {
    const { seconds, megabytes } = numberText;
    const p50 = side.runs.map(({ delays }) => delays.p50);
    const cpu = (process: keyof TrafficResult['cpu']) => {
      const values = side.runs.flatMap((run) => run.cpu[process] ?? []);
      return seconds(values.length === 0 ? null : median(values));
    };
    const resident = side.runs.flatMap(({ residentBytes }) => residentBytes ?? []);
    return [
      side.label,
      ...(['p50', 'p95', 'p99'] as const).map((quantile) => milliseconds(medianDelay(side, quantile))),
      `${milliseconds(Math.min(...p50))}-${milliseconds(Math.max(...p50))}`,
      cpu('node'),
      cpu('walsender'),
      cpu('target'),
      megabytes(resident.length === 0 ? null : Math.max(...resident)),
    ];
  }),
});
