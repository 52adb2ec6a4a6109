import type { ChangeBatch } from '../model/change-batch.ts';
import type { Position } from '../model/position.ts';

/** What carries the batches of one run from the reader to the writer. A stream has one in memory. */
export interface EventHub {
  /** A promise when the hub is full, settled when the batch is in. A batch larger than the hub enters an empty one. */
  publish(batch: ChangeBatch, signal: AbortSignal): void | Promise<void>;
  /** Everything that is published, in order. Once; ends when the hub is closed and nothing is left in it. */
  subscribe(signal: AbortSignal): AsyncIterable<ChangeBatch>;
  /** Everything before it is durable in the sink. */
  release(position: Position): void;
  /** Calls back with what may be acknowledged to the source. Returns how to stop that. */
  onSafe(listener: (position: Position) => void): () => void;
  /** Nothing more is published. */
  close(): Promise<void>;
}
