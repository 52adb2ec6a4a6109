import type { Checkpoint } from '../contracts/checkpoint.ts';
import type { Sink, SinkBatch, TableEvolution } from '../contracts/sink.ts';
import { batchEnd, type ChangeBatch, rebatch } from '../model/change-batch.ts';
import type { SchemaChange } from '../model/schema-change.ts';
import { cutAtLimit } from './event-limit.ts';
import type { GroupBoundary } from './group-boundary.ts';
import type { GroupBuilder } from './group-builder.ts';

export interface WriterOptions {
  readonly sink: Sink;
  readonly groups: GroupBuilder;
  /** Where each group waits for its turn at the sink. */
  readonly boundary?: GroupBoundary;
  /** A group without the changes that are not for this stream to apply. */
  readonly leaveOut?: (group: ChangeBatch) => ChangeBatch;
  /** What is to be done at the target before the first change of a group whose tables have another shape. */
  readonly evolve: (changes: readonly SchemaChange[], signal: AbortSignal) => Promise<readonly TableEvolution[]>;
  /** How many more changes may be handed to the sink; `null`: any number. */
  readonly remaining: () => number | null;
  /** The checkpoint that makes a position durable. */
  readonly checkpoint: (position: string, state: string | undefined) => Checkpoint;
  /** After a group with a position is durable: saves the checkpoint where it is not the sink's own, acknowledges. */
  readonly onDurable: (group: ChangeBatch, checkpoint: Checkpoint) => Promise<void> | void;
  /** `read`: how many changes there were before some were left out. */
  readonly onWritten: (group: ChangeBatch, read: number) => void;
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
  let leave: (() => void) | undefined;
  try {
    for (;;) {
      const taken = await groups.take(signal);
      leave ??= await options.boundary?.enter();
      const left = remaining();
      if (taken === null || (open === null && left !== null && left <= 0)) {
        await sink.rollback();
        return taken === null ? 'ended' : 'limit';
      }
      const { schemaChanges } = taken;
      // Which changes are left out may depend on it.
      const evolutions = schemaChanges.length === 0 ? [] : await options.evolve(schemaChanges, signal);
      const wanted = options.leaveOut?.(taken) ?? taken;
      const group: ChangeBatch = left === null ? wanted : cutAtLimit(wanted, left, open);
      open = group.position === null ? group.transaction.id : null;
      const checkpoint = group.position === null ? null : options.checkpoint(group.position, group.state);
      await sink.write({ ...sinkBatch(group, checkpoint, catchingUp?.()), ...someOf(evolutions) }, signal);
      onWritten(group, taken.changes.length);
      if (checkpoint === null) continue;
      await onDurable(group, checkpoint);
      leave?.();
      leave = undefined;
      const after = remaining();
      if (after !== null && after <= 0) return 'limit';
    }
  } catch (error) {
    options.boundary?.fail(error);
    throw error;
  } finally {
    leave?.();
  }
};

const someOf = (evolutions: readonly TableEvolution[]) => (evolutions.length === 0 ? {} : { evolutions });

const sinkBatch = (
  group: ChangeBatch,
  checkpoint: Checkpoint | null,
  catchingUp: ReadonlySet<string> | undefined,
): SinkBatch => ({
  ...rebatch(group, batchEnd(group)),
  checkpoint,
  ...(catchingUp === undefined ? {} : { catchingUp }),
});
