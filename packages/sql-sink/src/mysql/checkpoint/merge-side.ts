import type { Checkpoint } from '@millrace/core';
import type { ScriptSession } from '@millrace/mysql-client';
import { sqlSinkError } from '../../error-table.ts';
import type { TargetTransaction } from '../target-transaction.ts';
import { type Claim, removeCheckpointAt } from './checkpoint-sql.ts';
import { removeProgress } from './copy-range-sql.ts';

/**
 * Saves the checkpoint and removes that of a side stream in one transaction. The removal waits for a commit of the side
 * whose answer was lost: `SIDE_MOVED` if that has moved it.
 */
export const mergeSide = async (
  transaction: TargetTransaction,
  session: ScriptSession,
  { schema, stream }: Claim,
  { checkpoint, side }: { readonly checkpoint: Checkpoint; readonly side: Checkpoint },
  signal: AbortSignal,
): Promise<void> => {
  const { sink, position } = side;
  const name = { schema, stream, sink };
  await transaction.beginLong(signal);
  const [removed] = await session.script([removeCheckpointAt(name, position), removeProgress(name, null)], {
    signal,
    doing: 'merge a side stream',
  });
  if (removed?.affectedRows !== 1)
    throw sqlSinkError('SIDE_MOVED', `The checkpoint of ${sink} is not at ${position} any more`, {
      details: { stream, sink },
    });
  await transaction.commitApplied(checkpoint, signal);
};
