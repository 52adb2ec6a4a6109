import type { Measurements } from './measurements.ts';

/** Runs that took these seconds, and nothing else worth mentioning. */
export const measured = (
  side: 'ours' | 'native',
  synchronousCommit: 'on' | 'off',
  ...seconds: readonly number[]
): Measurements => ({
  configuration: { label: side, side, form: 'text', synchronousCommit },
  runs: seconds.map((value) => ({
    seconds: value,
    cpu: { node: side === 'ours' ? 0.5 : null, walsender: 1, target: 1, other: 0 },
    counters: {},
    startSeconds: side === 'ours' ? 0.1 : null,
    residentBytes: side === 'ours' ? value * 1024 * 1024 : null,
  })),
});
