import type { Sink, SinkBatch } from '../contracts/sink.ts';
import { coreError } from '../errors/core-errors.ts';
import { Signal } from '../hub/signal.ts';
import type { Change } from '../model/change.ts';
import { spelled } from '../pipeline/transformation.ts';
import { GivenUp } from './given-up.ts';
import { nullSink } from './null-sink.ts';

/**
 * The sink behind `stream.changes()`. A batch counts as done when the next is asked for; leaving the loop leaves the
 * last one undone, and the next loop begins with it.
 */
export class IterationSink {
  readonly sink: Sink;
  readonly #changed = new Signal();
  readonly #spelling: ReadonlyMap<string, string>;
  /** The batch that is being written, and whether a loop has finished with it. */
  #current: { readonly batch: SinkBatch; done: boolean } | null = null;
  #looping = false;
  #draining = false;

  constructor(spelling: ReadonlyMap<string, string>) {
    this.#spelling = spelling;
    this.sink = {
      ...nullSink({ name: 'changes' }),
      open: async () => {
        this.#draining = false;
        return null;
      },
      write: (batch, signal) => this.#write(batch, signal),
    };
  }

  /** Ends when `ended` is aborted; its reason, if it is an error, is thrown. */
  async *batches(ended: AbortSignal): AsyncGenerator<SinkBatch, void, undefined> {
    if (this.#looping) throw coreError('NOT_POSSIBLE', 'changes() is being iterated already');
    this.#looping = true;
    try {
      for (;;) {
        const current = this.#current;
        if (current === null || current.done) {
          if (ended.aborted) return;
          await this.#changed.wait(ended).catch(() => {});
          continue;
        }
        yield { ...current.batch, changes: this.#spelled(current.batch) };
        current.done = true;
        this.#changed.notify();
      }
    } finally {
      this.#looping = false;
      this.#changed.notify();
    }
  }

  /** The stream drains until it is opened again: a batch that no loop has in hand will not be done. */
  drain(): void {
    this.#draining = true;
    this.#changed.notify();
  }

  async #write(batch: SinkBatch, signal: AbortSignal): Promise<void> {
    if (batch.changes.length + batch.schemaChanges.length === 0) return;
    const current = { batch, done: false };
    this.#current = current;
    try {
      this.#changed.notify();
      while (!current.done) {
        if (this.#draining && !this.#looping)
          throw new GivenUp('The loop over changes() was left before its batch was done');
        await this.#changed.wait(signal);
      }
    } finally {
      this.#current = null;
    }
  }

  #spelled(batch: SinkBatch): Iterable<Change> & { readonly length: number } {
    if (this.#spelling.size === 0) return batch.changes;
    return Array.from(batch.changes, (change) => spelled(change, this.#spelling));
  }
}
