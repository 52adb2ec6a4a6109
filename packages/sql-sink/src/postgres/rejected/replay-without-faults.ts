import type { SinkBatch } from '@millrace/core';
import type { ApplyContext } from '../apply/apply-sequentially.ts';
import type { Replay } from '../replay/replay.ts';
import { RefusedChange } from './refused-change.ts';
import { type RejectedRow, rejectedRow } from './rejected-row.ts';

/**
 * As `Replay.apply`, one change at a time, without the rows that the target refuses: all is repeated without each of them,
 * because what is read again depends on what came before. Returns those rows. `known`: what was refused before, by ids.
 */
export const replayWithoutFaults = async (
  replay: Replay,
  batch: SinkBatch,
  { session, conflicts }: ApplyContext,
  known: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<readonly RejectedRow[]> => {
  const options = { signal, doing: 'leave out a row that the target refuses' };
  const recover = () => session.query('ROLLBACK TO SAVEPOINT millrace_replay', [], options);
  const rejected: RejectedRow[] = [];
  const leftOut = new Set(known);
  const begunAnew = conflicts.mark();
  await session.query('SAVEPOINT millrace_replay', [], options);
  for (;;)
    try {
      await replay.apply(batch, true, signal, { leftOut, recover });
      await session.query('RELEASE SAVEPOINT millrace_replay', [], options);
      return rejected;
    } catch (error) {
      if (!(error instanceof RefusedChange) || leftOut.has(error.change.id)) throw error;
      leftOut.add(error.change.id);
      rejected.push(rejectedRow(error.change, error.cause));
      await recover();
      begunAnew();
    }
};
