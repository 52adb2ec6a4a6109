import { ByteCopier } from '../pgoutput/byte-copier.ts';

/** A piece is this large unless one row is larger. */
const pieceSize = 256 * 1024;
const smallestPiece = 16 * 1024;

/**
 * What `COPY … TO STDOUT` sends, gathered in pieces of many whole rows: the server sends a CopyData message for each row
 * (PostgreSQL manual, "COPY Operations").
 */
export class CopyContent {
  readonly #copier = new ByteCopier();
  readonly #pieces: Buffer[] = [];
  #piece: Buffer = Buffer.alloc(0);
  #filled = 0;
  #bytes = 0;
  #next = smallestPiece;

  /** How much was sent. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes one message. */
  add(bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    if (this.#filled + length > this.#piece.length) this.#begin(length);
    this.#copier.copy(bytes, start, end, this.#piece, this.#filled);
    this.#filled += length;
    this.#bytes += length;
  }

  /** Everything. Nothing may be added afterwards. */
  finish(): readonly Buffer[] {
    this.#end();
    return this.#pieces;
  }

  #begin(length: number): void {
    this.#end();
    this.#piece = Buffer.allocUnsafeSlow(Math.max(length, this.#next));
    this.#next = Math.min(pieceSize, this.#next * 2);
  }

  #end(): void {
    const piece = this.#piece.subarray(0, this.#filled);
    // The last one may hold little, and is kept for as long as the others.
    if (this.#filled > 0) this.#pieces.push(this.#filled * 2 < this.#piece.length ? copyOf(piece) : piece);
    this.#filled = 0;
    this.#piece = Buffer.alloc(0);
  }
}

const copyOf = (bytes: Buffer): Buffer => {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
};

/** The memory that pieces keep. */
export const retainedBytes = (pieces: readonly Buffer[]): number =>
  pieces.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
