import type { Checkpoint } from '../contracts/checkpoint.ts';
import type { Sink, SinkBatch } from '../contracts/sink.ts';
import { batchEnd, type ChangeBatch, rebatch } from '../model/change-batch.ts';
import { cutAtLimit } from './event-limit.ts';
import type { GroupBuilder } from './group-builder.ts';

export interface WriterOptions {
  readonly sink: Sink;
  readonly groups: GroupBuilder;
  /** A group without the changes that the copy of their table holds already. */
  readonly leaveOut?: (group: ChangeBatch) => ChangeBatch;
  /** How many more changes may be handed to the sink; `null`: any number. */
  readonly remaining: () => number | null;
  /** The checkpoint that makes a position durable. */
  readonly checkpoint: (position: string) => Checkpoint;
  /** After a group with a position is durable: saves the checkpoint where it is not the sink's own, acknowledges. */
  readonly onDurable: (group: ChangeBatch, checkpoint: Checkpoint) => Promise<void> | void;
  readonly onWritten: (group: ChangeBatch) => void;
  /** The tables that are not live at the beginning of the group; `undefined`: there are none. */
  readonly catchingUp?: () => ReadonlySet<string> | undefined;
}

/**
 * The second loop: one `write` per group, and after it its acknowledgement (invariant 1). Resolves with `limit` when
 * no more changes may be handed over, or with `ended` after the last group; a transaction that did not come to its
 * end is given up.
 */
export const writeGroups = async (options: WriterOptions, signal: AbortSignal): Promise<'limit' | 'ended'> => {
  const { sink, groups, remaining, onDurable, onWritten, catchingUp } = options;
  /** The transaction whose parts were written so far. */
  let open: string | null = null;
  for (;;) {
    const taken = await groups.take(signal);
    const left = remaining();
    if (taken === null || (open === null && left !== null && left <= 0)) {
      await sink.rollback();
      return taken === null ? 'ended' : 'limit';
    }
    const wanted = options.leaveOut?.(taken) ?? taken;
    const group: ChangeBatch = left === null ? wanted : cutAtLimit(wanted, left, open);
    open = group.position === null ? group.transaction.id : null;
    const checkpoint = group.position === null ? null : options.checkpoint(group.position);
    await sink.write(sinkBatch(group, checkpoint, catchingUp?.()), signal);
    onWritten(group);
    if (checkpoint === null) continue;
    await onDurable(group, checkpoint);
    const after = remaining();
    if (after !== null && after <= 0) return 'limit';
  }
};

const sinkBatch = (
  group: ChangeBatch,
  checkpoint: Checkpoint | null,
  catchingUp: ReadonlySet<string> | undefined,
): SinkBatch => ({
  ...rebatch(group, batchEnd(group)),
  checkpoint,
  ...(catchingUp === undefined ? {} : { catchingUp }),
});
