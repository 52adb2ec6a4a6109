import { type Place, placesPerBlock } from './copy-cursor.ts';

/** At most: a statement that finds nothing still has to end in reasonable time. 256 MiB of rows. */
const most = 32_768 * placesPerBlock;
const growth = 4;
/** What a chunk is meant to hold, of what it may: blocks differ. */
const aim = 0.75;
/** Of a block that holds too much by itself, first. */
const fewPlaces = 64;

/**
 * How far chunks reach, so that each holds about as many bytes as it may, whatever that takes: many blocks, one, or a few
 * rows of one, whose values lie elsewhere.
 */
export class ChunkSpan {
  readonly #maxBytes: number;
  #places: number;
  /** Chunks in a row that held nothing: the next ones reach farther, without saying anything of those behind them. */
  #empty = 0;
  /** Whether there were rows in the block that the last chunk ended in. */
  #found = false;

  /** `bytesPerBlock`: an estimate, `null` where there is none. */
  constructor(maxBytes: number, bytesPerBlock: number | null) {
    this.#maxBytes = maxBytes;
    // Values may be compressed in the table, and chunks grow soon.
    const blocks = bytesPerBlock === null ? 16 : (maxBytes * aim) / growth / Math.max(1, bytesPerBlock);
    this.#places = clamped(Math.max(1, Math.floor(blocks)) * placesPerBlock);
  }

  /** Where the chunk that begins at a place ends. */
  endFrom(from: Place): Place {
    const end = from + clamped(this.#places * growth ** this.#empty);
    const block = from - (from % placesPerBlock);
    if (this.#places < placesPerBlock) return Math.min(end, block + placesPerBlock);
    return end - (end % placesPerBlock);
  }

  /** A chunk is given up that holds more bytes; `null`: it cannot be smaller. */
  get limit(): number | null {
    return this.#places * growth ** this.#empty > 1 ? this.#maxBytes * 2 : null;
  }

  /** A chunk that ended before `end` held so much. */
  held(bytes: number, rows: number, end: Place): void {
    this.#empty = rows === 0 ? this.#empty + 1 : 0;
    this.#found ||= rows > 0;
    // That a block ends in places without rows says nothing of the next one.
    if (end % placesPerBlock === 0) {
      if (this.#found && this.#places < placesPerBlock) this.#empty = 0;
      this.#found = false;
    }
    if (rows > 0) this.#adapt(bytes, rows);
  }

  /** A chunk was given up. */
  exceeded(): void {
    if (this.#empty > 0) this.#empty = 0;
    else if (this.#places <= placesPerBlock) this.#places = clamped(Math.min(fewPlaces, this.#places / growth));
    else this.#places = Math.max(placesPerBlock, clamped(this.#places / growth / growth));
  }

  #adapt(bytes: number, rows: number): void {
    const target = this.#maxBytes * aim;
    // In a block there are fewer rows than places, and nobody knows where they end.
    const places = this.#places < placesPerBlock ? (rows * target) / bytes : (this.#places * target) / bytes;
    this.#places = clamped(Math.min(places, this.#places * growth));
  }
}

const clamped = (places: number): number => Math.max(1, Math.min(most, Math.floor(places)));
