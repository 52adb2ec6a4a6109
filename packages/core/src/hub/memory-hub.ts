import type { EventHub } from '../contracts/event-hub.ts';
import { coreError } from '../errors/core-errors.ts';
import type { ChangeBatch } from '../model/change-batch.ts';
import type { Position } from '../model/position.ts';
import { Signal } from './signal.ts';

export interface HubLimits {
  readonly maxChanges: number;
  readonly maxBytes: number;
}

/**
 * The event hub in memory. Bounded by what it retains (invariant 7): a batch counts from `publish` until
 * the sink has released it; a part of a transaction, which has no position to release, until the next is asked for.
 */
export class MemoryHub implements EventHub {
  readonly #limits: HubLimits;
  readonly #published = new Signal();
  readonly #freed = new Signal();
  readonly #listeners = new Set<(position: Position) => void>();
  readonly #held: ChangeBatch[] = [];
  readonly #delivered: ChangeBatch[] = [];
  #changes = 0;
  #bytes = 0;
  #closed = false;

  /** The limits are read at every publish, so that they may be changed while the hub is in use. */
  constructor(limits: HubLimits) {
    this.#limits = limits;
  }

  /** What is retained now. */
  get size(): { readonly changes: number; readonly bytes: number } {
    return { changes: this.#changes, bytes: this.#bytes };
  }

  publish(batch: ChangeBatch, signal: AbortSignal): void | Promise<void> {
    if (isIdleAdvance(batch)) return this.#advance(batch);
    if (!this.#hasRoom(batch)) return this.#admitLater(batch, signal);
    this.#admit(batch);
  }

  async *subscribe(signal: AbortSignal): AsyncGenerator<ChangeBatch, void, undefined> {
    for (;;) {
      const batch = this.#held.shift();
      if (batch !== undefined) {
        this.#delivered.push(batch);
        yield batch;
        if (batch.position === null) this.#drop(this.#delivered.splice(this.#delivered.indexOf(batch), 1));
      } else if (this.#closed) return;
      else await this.#published.wait(signal);
    }
  }

  release(position: Position): void {
    const last = this.#delivered.findIndex((batch) => batch.position === position);
    this.#drop(this.#delivered.splice(0, last + 1));
    for (const listener of this.#listeners) listener(position);
  }

  onSafe(listener: (position: Position) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Nothing more is published; the subscription ends after what is held. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#published.notify();
  }

  async #admitLater(batch: ChangeBatch, signal: AbortSignal): Promise<void> {
    do await this.#freed.wait(signal);
    while (!this.#hasRoom(batch));
    this.#admit(batch);
  }

  /** A batch larger than the whole hub enters an empty one; otherwise a single large row would stop the stream. */
  #hasRoom({ changes, bytes }: ChangeBatch): boolean {
    if (this.#held.length + this.#delivered.length === 0) return true;
    return this.#changes + changes.length <= this.#limits.maxChanges && this.#bytes + bytes <= this.#limits.maxBytes;
  }

  /** Of positions without changes only the newest counts, so they take no room however many there are. */
  #advance(batch: ChangeBatch): void {
    const last = this.#held.at(-1);
    if (last !== undefined && isIdleAdvance(last)) this.#held.pop();
    this.#admit(batch);
  }

  #admit(batch: ChangeBatch): void {
    if (this.#closed) throw coreError('CONNECTOR_INVALID', 'A batch was published into a closed event hub');
    this.#held.push(batch);
    this.#changes += batch.changes.length;
    this.#bytes += batch.bytes;
    this.#published.notify();
  }

  #drop(batches: readonly ChangeBatch[]): void {
    for (const { changes, bytes } of batches) {
      this.#changes -= changes.length;
      this.#bytes -= bytes;
    }
    this.#freed.notify();
  }
}

/** What a source said beside the position (`LogStart.state`) no newer position says again. */
const isIdleAdvance = (batch: ChangeBatch): boolean => {
  const { changes, schemaChanges, bytes } = batch;
  const isEmpty = changes.length + schemaChanges.length === 0 && bytes === 0;
  return isEmpty && batch.position !== null && batch.state === undefined;
};
