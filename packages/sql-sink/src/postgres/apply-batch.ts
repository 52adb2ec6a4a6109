import type { SinkBatch } from '@millrace/core';
import { applyInBulk } from './apply/apply-in-bulk.ts';
import { applySequentially } from './apply/apply-sequentially.ts';
import type { BulkContext } from './apply/bulk-context.ts';
import type { Replay } from './replay/replay.ts';

/**
 * Applies a batch inside the transaction that was begun, in the one way that is right for it; the last message may stay
 * unsent. Unless `sequentially`, rejects `UnexpectedOutcome` when it has to be done so.
 */
export const applyBatch = (
  batch: SinkBatch,
  sequentially: boolean,
  context: BulkContext,
  replay: Replay,
  signal: AbortSignal,
): Promise<void> => {
  if (replay.concerns(batch)) return replay.apply(batch, sequentially, signal);
  if (sequentially) return applySequentially(batch.changes, context, signal);
  return applyInBulk(batch.changes, batch.relations, context, signal);
};
