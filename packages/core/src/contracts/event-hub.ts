import type { ChangeBatch } from '../model/change-batch.ts';
import type { Position } from '../model/position.ts';

/** What carries batches from the reader to the writers. */
export interface EventHub {
  readonly durable: boolean;
  open(): Promise<{ readonly earliest: Position | null; readonly latest: Position | null }>;
  /** A promise when the hub is full, settled when the batch is in. A batch larger than the hub enters an empty one. */
  publish(batch: ChangeBatch, signal: AbortSignal): void | Promise<void>;
  /** Rejects `POSITION_NOT_HELD` where the hub cannot begin there. */
  subscribe(
    sink: string,
    from: 'earliest' | 'latest' | { readonly after: Position },
    signal: AbortSignal,
  ): AsyncIterable<ChangeBatch>;
  /** Everything before it is durable in that sink. */
  release(sink: string, position: Position): void;
  remove(sink: string): void;
  /** Calls back with what may be acknowledged to the source. Returns how to stop that. */
  onSafe(listener: (position: Position) => void): () => void;
  close(): Promise<void>;
}
