import type { Checkpoint } from './checkpoint.ts';

/**
 * Where the checkpoints of sinks lie that cannot keep their own. Calls take no signal, because a save that was given up could still
 * be carried out: each ends by itself within 10 s, and rejects if the store has not answered by then. A stream that is stopped need
 * not wait for it; the epoch of whoever runs next fences it.
 */
export interface CheckpointStore {
  /**
   * Takes the next epoch. `expected: null` takes it unconditionally (the first open of a run); otherwise only if the
   * epoch is still that one, else it rejects `FENCED`.
   */
  acquire(
    streamId: string,
    sink: string,
    expected: number | null,
  ): Promise<{ readonly epoch: number; readonly checkpoint: Checkpoint | null }>;
  /** Durable when it resolves. Rejects `FENCED` unless the epoch is the current one. */
  save(checkpoint: Checkpoint): Promise<void>;
  list(streamId: string): Promise<readonly Checkpoint[]>;
  /** Epochs go on counting: an old owner stays fenced. */
  delete(streamId: string, sink?: string): Promise<void>;
}
