import type { ChangeBatch, LogChanges } from '@millrace/core';
import type { DumpReader } from '../replication/dump-reader.ts';
import { isHeartbeat } from '../transactions/batch-builder.ts';
import type { LogDecoder } from './log-decoder.ts';

/** What is read of a dump. */
type Dump = Pick<DumpReader, 'next' | 'failed' | 'close'>;

/** How long to wait between two positions that bring no changes, in milliseconds. */
export interface Heartbeats {
  readonly first: number;
  readonly every: number;
}

/**
 * Reads a dump into batches, one `next` at a time. Nothing is read ahead but what the dump holds back (invariant 7).
 * Changes come at once, a position without changes only now and then: the wait for one grows from `first` to `every`.
 */
export class ChangeReader {
  readonly #dump: Dump;
  readonly #decoder: LogDecoder;
  readonly #heartbeats: Heartbeats;
  #wait: number;
  #lastPosition = performance.now();
  /** A batch without changes that was not worth passing on yet. */
  #empty: ChangeBatch | null = null;
  #reading: Promise<readonly Buffer[] | null> | null = null;
  /** What was returned last is a part of a transaction. */
  #isParted = false;
  #failure: { readonly error: unknown } | null = null;

  constructor(dump: Dump, decoder: LogDecoder, heartbeats: Heartbeats) {
    this.#dump = dump;
    this.#decoder = decoder;
    this.#heartbeats = heartbeats;
    this.#wait = heartbeats.first;
  }

  get failed(): AbortSignal {
    return this.#dump.failed;
  }

  /** Where the last event ends that was read. */
  get place() {
    return this.#decoder.readSoFar.place;
  }

  /** The next batch; `null` after `close`. Rejects when the connection has ended. Not to be called twice at once. */
  async next(): Promise<ChangeBatch | null> {
    for (;;) {
      const batch = this.#take();
      if (batch !== null) return batch;
      // Behind all that was whole before it.
      if (this.#failure !== null) throw this.#failure.error;
      this.#reading ??= this.#dump.next();
      const events = await this.#withinWait(this.#reading);
      if (events === 'due') continue;
      this.#reading = null;
      if (events === null) return null;
      this.#decode(events);
    }
  }

  close(): Promise<void> {
    return this.#dump.close();
  }

  #decode(events: readonly Buffer[]): void {
    try {
      for (const event of events) this.#decoder.push(event);
    } catch (error) {
      this.#failure = { error };
    }
  }

  #take(): ChangeBatch | null {
    let batch = this.#changes();
    if (batch === null) {
      this.#decoder.flush();
      batch = this.#changes() ?? this.#due();
    }
    if (batch === null) return null;
    // What was held back is older than this, and must not appear inside a transaction that comes in parts.
    this.#empty = null;
    this.#isParted = batch.position === null;
    if (batch.position !== null) this.#lastPosition = performance.now();
    if (batch.changes.length > 0) this.#wait = this.#heartbeats.first;
    return batch;
  }

  #changes(): ChangeBatch | null {
    let batch = this.#decoder.take();
    while (batch !== null && isHeartbeat(batch)) {
      // What it says beside the position must not be lost, and a transaction in parts must have its end.
      if (this.#isParted || (batch.position !== null && batch.state !== undefined)) return batch;
      this.#empty = batch;
      batch = this.#decoder.take();
    }
    return batch;
  }

  #due(): ChangeBatch | null {
    if (this.#empty === null || performance.now() < this.#lastPosition + this.#wait) return null;
    this.#wait = Math.min(this.#wait * 2, this.#heartbeats.every);
    return this.#empty;
  }

  /** `due`: what was held back may be passed on. */
  async #withinWait<T>(reading: Promise<T>): Promise<T | 'due'> {
    if (this.#empty === null) return reading;
    let timer: NodeJS.Timeout | undefined;
    const due = new Promise<'due'>((resolve) => {
      timer = setTimeout(() => resolve('due'), this.#lastPosition + this.#wait - performance.now());
    });
    try {
      return await Promise.race([reading, due]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Ends when the reader was closed; closes it when the loop over them is left. */
async function* batchesOf<S>(reader: ChangeReader): AsyncGenerator<ChangeBatch<S>, void, undefined> {
  try {
    for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
      // The decoder knows the rows, the caller of `mysqlSource` their types.
      yield batch as unknown as ChangeBatch<S>;
    }
  } finally {
    await reader.close();
  }
}

/** What a reader reads. */
export const logChanges = <S>(reader: ChangeReader): LogChanges<S> =>
  Object.assign(batchesOf<S>(reader), { failed: reader.failed });
