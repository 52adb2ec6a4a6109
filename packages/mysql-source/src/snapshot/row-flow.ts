import type { ScriptSession } from '@millrace/mysql-client';
import type { CopiedRows } from './copied-rows.ts';

/** Chunks that may wait to be taken. */
const mostWaiting = 2;

/** The rows of one statement in chunks of about as many bytes, read only a little ahead: the session waits meanwhile. */
export class RowFlow {
  readonly #session: Pick<ScriptSession, 'pause' | 'resume'>;
  readonly #create: () => CopiedRows;
  readonly #maxBytes: number;
  readonly #waiting: CopiedRows[] = [];
  #rows: CopiedRows;
  #hasBegun = false;
  #end: { readonly error: unknown } | null = null;
  #wake: () => void = () => {};

  constructor(session: Pick<ScriptSession, 'pause' | 'resume'>, create: () => CopiedRows, maxBytes: number) {
    this.#session = session;
    this.#create = create;
    this.#maxBytes = maxBytes;
    this.#rows = create();
  }

  /** Takes a row that lies between `start` and `end`. */
  add(bytes: Buffer, start: number, end: number): true {
    this.#rows.add(bytes, start, end);
    if (this.#rows.bytes >= this.#maxBytes) {
      this.#waiting.push(this.#rows);
      this.#rows = this.#create();
      if (this.#waiting.length >= mostWaiting) this.#session.pause();
      this.#wake();
    } else if (!this.#hasBegun) this.#wake();
    this.#hasBegun = true;
    return true;
  }

  /** What tells when there are no more rows. */
  follow(reading: Promise<unknown>): void {
    const end = (error: unknown) => {
      this.#end = { error };
      this.#wake();
    };
    reading.then(() => end(null), end);
  }

  /** Resolves once there is a row, or none at all. Rejects when they cannot be read. */
  async begun(): Promise<void> {
    while (!this.#hasBegun && this.#end === null) await this.#woken();
    this.#requireNoError();
  }

  /** The next rows in turn, none only at the end. */
  async next(): Promise<{ readonly rows: CopiedRows; readonly isLast: boolean }> {
    for (;;) {
      const rows = this.#waiting.shift();
      if (rows !== undefined) {
        this.#session.resume();
        return { rows, isLast: false };
      }
      this.#requireNoError();
      if (this.#end !== null) return { rows: this.#rows, isLast: true };
      await this.#woken();
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #requireNoError(): void {
    if (this.#end !== null && this.#end.error !== null) throw this.#end.error;
  }
}
