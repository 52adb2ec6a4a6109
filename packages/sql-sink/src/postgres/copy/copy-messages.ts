/** Smaller pieces are put together: each write to a socket costs more than copying them. */
const messageSize = 64 * 1024;

const headerOf = (length: number): Buffer => {
  const header = Buffer.allocUnsafe(5);
  header[0] = 0x64;
  header.writeUInt32BE(length + 4, 1);
  return header;
};

/**
 * What COPY has written, as whole CopyData messages for a COPY that reads it (PostgreSQL manual, "Message Formats"):
 * their borders mean nothing. Large pieces are not copied. May be iterated more than once.
 */
export class CopyMessages implements Iterable<Uint8Array> {
  readonly #pieces: readonly Uint8Array[];

  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = pieces;
  }

  *[Symbol.iterator](): Iterator<Uint8Array> {
    let gathered: Uint8Array[] = [];
    let length = 0;
    for (const piece of this.#pieces) {
      if (length > 0 && length + piece.length > messageSize) {
        yield Buffer.concat([headerOf(length), ...gathered]);
        gathered = [];
        length = 0;
      }
      if (piece.length > messageSize) {
        yield headerOf(piece.length);
        yield piece;
      } else if (piece.length > 0) {
        gathered.push(piece);
        length += piece.length;
      }
    }
    if (length > 0) yield Buffer.concat([headerOf(length), ...gathered]);
  }
}
