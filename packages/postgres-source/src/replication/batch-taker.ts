import type { ChangeBatch } from '@millrace/core';
import { isHeartbeat } from '../pgoutput/batch-builder.ts';
import type { PgoutputDecoder } from '../pgoutput/pgoutput-decoder.ts';

/** How long to wait between two positions that only idleness brings, in milliseconds. */
export interface Heartbeats {
  readonly first: number;
  readonly every: number;
}

/**
 * What is ready to be passed on: changes at once, a position without changes only now and then. Such positions come
 * from keepalives, which carry the server's position past log that concerns others, and, before PostgreSQL 15, from
 * transactions of which nothing is published.
 */
export class BatchTaker {
  readonly #decoder: PgoutputDecoder;
  readonly #heartbeats: Heartbeats;
  #nextHeartbeat: number;
  readonly #due: () => void;
  /** A batch without changes that was not worth passing on yet. */
  #empty: ChangeBatch | null = null;
  /** A transaction has come in parts so far. */
  #isParted = false;
  #lastPosition = performance.now();
  #hurry = false;
  #timer: NodeJS.Timeout | null = null;

  /**
   * `due` is called when a position that `take` held back may be taken. The wait for one grows from `first` to `every`, at
   * the beginning and after changes: something may have to catch up with the log, on a server where nothing happens any more.
   */
  constructor(decoder: PgoutputDecoder, heartbeats: Heartbeats, due: () => void) {
    this.#decoder = decoder;
    this.#heartbeats = heartbeats;
    this.#nextHeartbeat = heartbeats.first;
    this.#due = due;
  }

  /** The next position need not wait: the server is waiting for it. */
  hurry(): void {
    this.#hurry = true;
  }

  take(): ChangeBatch | null {
    let batch = this.#changes();
    if (batch === null) {
      this.#decoder.flush();
      batch = this.#changes() ?? this.#idle();
    }
    if (batch === null) return null;
    // What was held back is older than this, and must not appear inside a transaction that comes in parts.
    this.#empty = null;
    this.#isParted = batch.position === null;
    if (batch.position !== null) this.#lastPosition = performance.now();
    if (batch.changes.length > 0) this.#nextHeartbeat = this.#heartbeats.first;
    return batch;
  }

  stop(): void {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
  }

  #changes(): ChangeBatch | null {
    let batch = this.#decoder.take();
    // A transaction in parts must have its end, though it brings nothing.
    while (batch !== null && isHeartbeat(batch) && !this.#isParted) {
      this.#empty = batch;
      batch = this.#decoder.take();
    }
    return batch;
  }

  #idle(): ChangeBatch | null {
    if (this.#decoder.idlePosition === null && this.#empty === null) return null;
    const wait = this.#hurry ? 0 : this.#lastPosition + this.#nextHeartbeat - performance.now();
    if (wait > 0) {
      this.#timer ??= setTimeout(() => {
        this.#timer = null;
        this.#due();
      }, wait);
      return null;
    }
    this.#hurry = false;
    this.#nextHeartbeat = Math.min(this.#nextHeartbeat * 2, this.#heartbeats.every);
    return this.#decoder.takeHeartbeat() ?? this.#empty;
  }
}
