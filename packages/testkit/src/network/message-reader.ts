/** One message of a protocol, with its bytes as they came. */
export interface ProtocolMessage {
  /** The type letter of PostgreSQL's; empty for the messages without one that open a connection. */
  readonly type: string;
  readonly bytes: Buffer;
}

/**
 * What comes next on a stream: `untyped` messages open a connection, `typed` ones follow, `byte` is
 * the answer to a request for encryption, and `opaque` is what follows a granted one. A `packet` is one of MySQL's.
 */
export type MessageFormat = 'untyped' | 'typed' | 'byte' | 'opaque' | 'packet';

const headerLength = { untyped: 4, typed: 5, byte: 1, opaque: 1, packet: 4 } as const;

/** Cuts one direction of a connection into messages, whatever the chunks it arrives in. */
export class MessageReader {
  /** Applies from the next message on; may be changed while messages are taken. */
  format: MessageFormat;
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(format: MessageFormat) {
    this.format = format;
  }

  /** The messages that are complete with this chunk; what is left waits for the next one. */
  *messages(chunk: Buffer): Generator<ProtocolMessage> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    for (;;) {
      const length = this.#nextLength();
      if (length === undefined || this.#size < length) return;
      const whole = this.#joined(length);
      this.#size -= length;
      this.#chunks[0] = whole.subarray(length);
      const type = this.format === 'typed' ? String.fromCharCode(whole.readUInt8(0)) : '';
      yield { type, bytes: whole.subarray(0, length) };
    }
  }

  #nextLength(): number | undefined {
    const header = headerLength[this.format];
    if (this.#size < header) return undefined;
    switch (this.format) {
      case 'untyped':
        return this.#joined(header).readUInt32BE(0);
      case 'typed':
        return this.#joined(header).readUInt32BE(1) + 1;
      case 'packet':
        return this.#joined(header).readUIntLE(0, 3) + header;
      case 'byte':
        return 1;
      case 'opaque':
        return this.#size;
    }
  }

  /** The first chunk, made to hold at least this many bytes. */
  #joined(length: number): Buffer {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= length) return first;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }
}
