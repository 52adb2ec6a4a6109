import type { Change } from '@millrace/core';
import { type ApplyContext, applySequentially } from '../apply/apply-sequentially.ts';
import { leaveOutFaults } from './leave-out-faults.ts';
import { blaming } from './refused-change.ts';
import { type RejectedRow, rejectedRow } from './rejected-row.ts';

/** Changes that are applied together: one of a row, or consecutive truncates. */
const stepsOf = (changes: Iterable<Change>): readonly (readonly Change[])[] => {
  const steps: Change[][] = [];
  for (const change of changes) {
    const last = steps.at(-1);
    if (change.op === 'truncate' && last?.[0]?.op === 'truncate') last.push(change);
    else steps.push([change]);
  }
  return steps;
};

/** As `applySequentially`, without the rows that the target refuses. Returns those. */
export const applyWithoutFaults = async (
  changes: Iterable<Change>,
  context: ApplyContext,
  blocks: number,
  signal: AbortSignal,
): Promise<readonly RejectedRow[]> => {
  const rejected: RejectedRow[] = [];
  await leaveOutFaults(
    context.session,
    {
      items: stepsOf(changes),
      apply: (step, recover) => applySequentially(step, context, signal, recover),
      onFault([change], error) {
        if (change === undefined || change.op === 'truncate') throw error;
        rejected.push(rejectedRow(change, error));
      },
      mark: () => context.conflicts.mark(),
      blocks,
    },
    signal,
  );
  return rejected;
};

/** As `applySequentially`; rejects `RefusedChange` for a row that the target refuses. */
export const applyBlaming = async (
  changes: Iterable<Change>,
  context: ApplyContext,
  signal: AbortSignal,
): Promise<void> => {
  for (const step of stepsOf(changes)) {
    const [change] = step;
    const apply = () => applySequentially(step, context, signal);
    if (change === undefined || change.op === 'truncate') await apply();
    else await blaming(change, apply);
  }
};
