const growth = 4;
/** What a chunk is meant to hold, of what it may: rows differ. */
const aim = 0.75;
const most = 1_000_000;
/** Of a row, where nobody knows. */
const usualBytes = 1_000;

const clamped = (rows: number): number => Math.max(1, Math.min(most, Math.floor(rows)));

/** How many rows are asked for, so that each chunk holds about as many bytes as it may. */
export class ChunkSize {
  readonly #maxBytes: number;
  #rows: number;

  /** `bytesPerRow`: an estimate, `null` where there is none. */
  constructor(maxBytes: number, bytesPerRow: number | null) {
    this.#maxBytes = maxBytes;
    this.#rows = clamped((maxBytes * aim) / growth / (bytesPerRow || usualBytes));
  }

  get rows(): number {
    return this.#rows;
  }

  /** Bytes above which a chunk is given up, with what has been read of it. */
  get limit(): number {
    return this.#maxBytes * 2;
  }

  /** A chunk of so many rows held so much. */
  held(bytes: number, rows: number): void {
    if (rows === 0) return;
    this.#rows = clamped(Math.min((this.#maxBytes * aim * rows) / bytes, this.#rows * growth));
  }
}
