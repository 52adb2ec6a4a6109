/** What is done with the messages of a server. */
export interface MessageConsumer {
  /** The content of CopyData: it lies between `start` and `end`, and is valid during the call. */
  readonly copyData: (bytes: Buffer, start: number, end: number) => void;
  /** Any other message, with its header. */
  readonly other: (message: Buffer) => void;
}

/** The bytes in front of a message's content: its kind, and a length that counts itself. */
const headerLength = 5;
const lengthOffset = 1;
const copyData = 0x64;

/** No message of a server is longer: it makes each in one piece of memory of less than a GiB. */
const longest = 2 ** 30;

/** The memory that is kept for messages whose parts come one after the other. */
const roomKept = 64 * 1024;

/**
 * Cuts what a server sends into messages, in whatever pieces it comes (PostgreSQL manual, "Frontend/Backend Protocol",
 * "Message Formats"). A message that came in one piece is not copied; of one that did not, no more is held than came
 * of it and as much again.
 */
export class ServerMessages {
  readonly #consumer: MessageConsumer;
  /** The beginning of a message whose rest has not come. */
  #partial = Buffer.allocUnsafeSlow(roomKept);
  #filled = 0;

  constructor(consumer: MessageConsumer) {
    this.#consumer = consumer;
  }

  /** Takes the next bytes. Throws for what is no message; nothing may be given to it afterwards. */
  push(chunk: Buffer): void {
    let at = this.#filled === 0 ? 0 : this.#complete(chunk);
    while (chunk.length - at >= headerLength) {
      const end = at + lengthOf(chunk, at);
      if (end > chunk.length) break;
      if (chunk[at] === copyData) this.#consumer.copyData(chunk, at + headerLength, end);
      else this.#consumer.other(chunk.subarray(at, end));
      at = end;
    }
    if (at < chunk.length) this.#keep(chunk, at, chunk.length, chunk.length - at);
  }

  /** Adds to the message that has begun; returns where the next one begins. */
  #complete(chunk: Buffer): number {
    const head = Math.min(Math.max(headerLength - this.#filled, 0), chunk.length);
    if (head > 0) this.#keep(chunk, 0, head, headerLength);
    if (this.#filled < headerLength) return chunk.length;
    const length = lengthOf(this.#partial, 0);
    const end = Math.min(head + length - this.#filled, chunk.length);
    this.#keep(chunk, head, end, length);
    if (this.#filled < length) return end;
    const partial = this.#partial;
    this.#filled = 0;
    if (partial.length > roomKept) this.#partial = Buffer.allocUnsafeSlow(roomKept);
    if (partial[0] === copyData) this.#consumer.copyData(partial, headerLength, length);
    // Its memory is used again, and who takes it may keep it.
    else this.#consumer.other(Buffer.from(partial.subarray(0, length)));
    return end;
  }

  /** Copies bytes of a message of which `length` will have to be held. Doubling makes it linear in what comes. */
  #keep(chunk: Buffer, start: number, end: number, length: number): void {
    const needed = this.#filled + end - start;
    if (needed > this.#partial.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(length, this.#partial.length * 2)));
      this.#partial.copy(larger, 0, 0, this.#filled);
      this.#partial = larger;
    }
    chunk.copy(this.#partial, this.#filled, start, end);
    this.#filled = needed;
  }
}

const lengthOf = (bytes: Buffer, at: number): number => {
  const length = bytes.readUInt32BE(at + lengthOffset);
  if (length < headerLength - lengthOffset || length >= longest)
    throw new Error('the server sent something that is not a message');
  return length + lengthOffset;
};
