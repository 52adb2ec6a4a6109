import type { HubLimits } from '../hub/memory-hub.ts';
import { Signal } from '../hub/signal.ts';
import type { ChangeBatch } from '../model/change-batch.ts';
import { mergeBatches } from './merge-batches.ts';

export interface GroupLimits {
  readonly maxRows: number;
  readonly maxBytes: number;
  /** How long a group that is not full may wait for more, in ms; 0: it closes when the sink is idle. */
  readonly maxDelay: number;
}

/**
 * Joins batches into groups while the sink is busy with the one before: whatever has come in by the time it is idle
 * is the next group, so a stream that keeps up writes at once, and one that catches up writes full groups.
 */
export class GroupBuilder {
  readonly #limits: GroupLimits;
  readonly #hub: HubLimits;
  readonly #changed = new Signal();
  #open: ChangeBatch[] = [];
  #rows = 0;
  #bytes = 0;
  #startedAt = 0;
  #ended: { readonly error: unknown } | 'no' | 'yes' = 'no';
  /** A batch that does not fit is waiting, so the open group is complete. */
  #blocked = false;
  #givenUp: string | null = null;
  /** Where the batch that came last stands in a transaction in parts. */
  #place: 'outside' | 'inside' | 'end' = 'outside';

  /**
   * `hub` is what the hub may hold: a group that waited for more than half of it would keep the hub full and wait in
   * vain. Both are read whenever they matter, so that they may be changed meanwhile.
   */
  constructor(limits: GroupLimits, hub: HubLimits) {
    this.#limits = limits;
    this.#hub = hub;
  }

  /** Takes batches in until they end; `take` then ends too, or rejects as they did. */
  async fill(batches: AsyncIterable<ChangeBatch>, signal: AbortSignal): Promise<void> {
    try {
      for await (const batch of batches) {
        while (!this.#fits(batch) && this.#ended === 'no') {
          this.#blocked = true;
          this.#changed.notify();
          await this.#changed.wait(signal);
        }
        if (this.#ended !== 'no') return;
        this.#blocked = false;
        this.#add(batch);
      }
      this.#ended = 'yes';
    } catch (error) {
      this.#ended = { error };
    }
    this.#changed.notify();
  }

  /** The next group, or `null` after the last. */
  async take(signal: AbortSignal): Promise<ChangeBatch | null> {
    for (;;) {
      const [first] = this.#open;
      if (first !== undefined && this.#isComplete()) {
        const rest = this.#open.slice(1);
        this.#replace([]);
        return mergeBatches([first, ...rest]);
      }
      if (first === undefined && this.#ended !== 'no') {
        if (this.#ended === 'yes') return null;
        throw this.#ended.error;
      }
      await this.#wait(signal);
    }
  }

  /** Nothing more will be taken: `fill` ends with the next batch. */
  close(): void {
    this.#ended = 'yes';
    this.#changed.notify();
  }

  /** Drops the parts of a transaction that will not be completed, now and when they come. */
  giveUp(transactionId: string): void {
    this.#givenUp = transactionId;
    this.#replace(this.#open.filter((batch) => !this.#isGivenUp(batch)));
  }

  #replace(open: ChangeBatch[]): void {
    this.#open = open;
    this.#rows = open.reduce((rows, { changes }) => rows + changes.length, 0);
    this.#bytes = open.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#changed.notify();
  }

  #isGivenUp(batch: ChangeBatch): boolean {
    return batch.position === null && batch.transaction.id === this.#givenUp;
  }

  #add(batch: ChangeBatch): void {
    if (this.#isGivenUp(batch)) return;
    if (batch.position === null) this.#place = 'inside';
    else this.#place = this.#place === 'inside' ? 'end' : 'outside';
    if (this.#open.length === 0) this.#startedAt = performance.now();
    this.#open.push(batch);
    this.#rows += batch.changes.length;
    this.#bytes += batch.bytes;
    this.#changed.notify();
  }

  /** A part never shares a group with other transactions, and a schema change is the first of its group. */
  #fits(batch: ChangeBatch): boolean {
    const last = this.#open.at(-1);
    if (last === undefined) return true;
    if (batch.schemaChanges.length > 0 || this.#place === 'end') return false;
    if (batch.position === null && last.position !== null) return false;
    return !this.#isFull();
  }

  #isComplete(): boolean {
    if (this.#blocked || this.#ended !== 'no' || this.#isFull()) return true;
    return performance.now() - this.#startedAt >= this.#limits.maxDelay;
  }

  #isFull(): boolean {
    if (this.#rows >= this.#limits.maxRows || this.#bytes >= this.#limits.maxBytes) return true;
    return this.#rows * 2 >= this.#hub.maxChanges || this.#bytes * 2 >= this.#hub.maxBytes;
  }

  async #wait(signal: AbortSignal): Promise<void> {
    if (this.#open.length === 0) return this.#changed.wait(signal);
    const remaining = this.#limits.maxDelay - (performance.now() - this.#startedAt);
    const timer = setTimeout(() => this.#changed.notify(), Math.max(0, Math.ceil(remaining)));
    try {
      await this.#changed.wait(signal);
    } finally {
      clearTimeout(timer);
    }
  }
}
