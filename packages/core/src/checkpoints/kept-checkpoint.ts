import type { Checkpoint } from '../contracts/checkpoint.ts';
import { fenced } from './fenced.ts';

/** What is kept of one stream and sink, as plain JSON. The epoch outlives the checkpoint: deleting that raises it. */
export interface KeptCheckpoint {
  readonly epoch: number;
  readonly checkpoint: Checkpoint | null;
}

/** The checkpoint of a stream that has not begun. */
export const newCheckpoint = (streamId: string, sink: string, epoch: number): Checkpoint => ({
  version: 1,
  streamId,
  sink,
  epoch,
  source: null,
  claimed: false,
  position: null,
  partial: null,
  tables: {},
  savedAt: Date.now(),
});

/**
 * What is to be kept when a sink is opened: the next epoch. `owner.epoch`, unless it is `null`: the epoch that must be the
 * one that is kept; throws `FENCED` otherwise. `kept: null`: there is nothing yet.
 */
export const takeEpoch = (
  kept: KeptCheckpoint | null,
  { streamId, sink, epoch: expected }: Pick<Checkpoint, 'streamId' | 'sink'> & { readonly epoch: number | null },
): KeptCheckpoint => {
  const current = kept?.epoch ?? 0;
  if (expected !== null && expected !== current) throw fenced(streamId, sink);
  const epoch = current + 1;
  const checkpoint = kept?.checkpoint ?? null;
  return { epoch, checkpoint: checkpoint && { ...checkpoint, epoch } };
};

/** For the transaction that writes: throws `FENCED` unless the epoch is the one that is kept. */
export const requireEpoch = (
  kept: KeptCheckpoint | null,
  { streamId, sink, epoch }: Pick<Checkpoint, 'streamId' | 'sink' | 'epoch'>,
): void => {
  if (kept?.epoch !== epoch) throw fenced(streamId, sink);
};
