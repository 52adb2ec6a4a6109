/** What the walsender sends, by synchronous calls. */
export interface WalHandlers {
  /** One message of the output plugin: between `start` and `end`, and valid during the call. */
  readonly message: (bytes: Buffer, start: number, end: number) => void;
  readonly keepalive: (walEnd: bigint, replyRequested: boolean) => void;
}

const kind = { xLogData: 0x77, keepalive: 0x6b } as const;

/** Kind, start of the data in the log, end of the log, and the server's clock. */
const xLogDataHeader = 25;
/** Kind, end of the log, the server's clock, and whether it wants an answer. */
const keepaliveLength = 18;

/**
 * Takes the messages that a walsender sends inside CopyData (PostgreSQL manual, "Streaming Replication Protocol",
 * XLogData and Primary keepalive message).
 */
export class WalMessages {
  readonly #handlers: WalHandlers;
  /** A position as two numbers: one that is 64 bits long would be an object for every message. */
  #high = 0;
  #low = 0;

  constructor(handlers: WalHandlers) {
    this.#handlers = handlers;
  }

  /** The furthest position that anything was received with. */
  get received(): bigint {
    return (BigInt(this.#high) << 32n) | BigInt(this.#low);
  }

  /** Throws for what is neither of the two, and what a handler throws. */
  read(bytes: Buffer, start: number, end: number): void {
    if (bytes[start] === kind.xLogData && end - start >= xLogDataHeader) {
      this.#reached(bytes, start + 1);
      this.#handlers.message(bytes, start + xLogDataHeader, end);
    } else if (bytes[start] === kind.keepalive && end - start === keepaliveLength) {
      this.#reached(bytes, start + 1);
      this.#handlers.keepalive(bytes.readBigUInt64BE(start + 1), bytes[end - 1] !== 0);
    } else {
      throw new Error('the walsender sent something that is neither data nor a keepalive');
    }
  }

  /** Messages that belong to no place in the log come with 0. */
  #reached(bytes: Buffer, at: number): void {
    const high = bytes.readUInt32BE(at);
    const low = bytes.readUInt32BE(at + 4);
    if (high < this.#high || (high === this.#high && low <= this.#low)) return;
    this.#high = high;
    this.#low = low;
  }
}
