/** Of a CopyData message: its kind and its length (PostgreSQL manual, "Message Formats"). */
const header = 5;
const chunkSize = 64 * 1024;

/** From here on bytes are sent from where they lie. */
const longRun = 4 * 1024;

/**
 * The memory that COPY data is written into, used again by one group after the other. It keeps at most `limit` bytes
 * between groups.
 */
export class CopyMemory {
  readonly #limit: number;
  readonly #free: Buffer[] = [];
  readonly #used: Buffer[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** At least so many bytes. */
  take(length: number): Buffer {
    if (length > chunkSize) return Buffer.allocUnsafeSlow(length);
    const chunk = this.#free.pop() ?? Buffer.allocUnsafeSlow(chunkSize);
    this.#used.push(chunk);
    return chunk;
  }

  /** What was taken has been received, and may be written to again. */
  release(): void {
    const room = Math.floor(this.#limit / chunkSize) - this.#free.length;
    this.#free.push(...this.#used.splice(0).slice(0, Math.max(0, room)));
  }

  /** What was taken may still be on its way, for nobody: it must not change. */
  forget(): void {
    this.#used.length = 0;
  }
}

/** Writes the beginning of a CopyData message with so many bytes. */
const copyData = (bytes: Buffer, length: number): Buffer => {
  bytes[0] = 0x64;
  bytes.writeUInt32BE(length + header - 1, 1);
  return bytes;
};

/** The data of one COPY while it is written: CopyData messages of many rows each, in pieces. */
export class CopyBuffer {
  /** What `at` points into, after `reserve`. */
  bytes: Buffer = Buffer.alloc(0);
  /** Where the next byte goes. Whoever writes moves it on. */
  at = 0;
  readonly #memory: CopyMemory;
  #messages: Uint8Array[] = [];

  constructor(memory: CopyMemory) {
    this.#memory = memory;
  }

  /** Makes room for so many bytes behind `at`. */
  reserve(length: number): void {
    if (this.at + length <= this.bytes.length) return;
    this.#finish();
    this.bytes = this.#memory.take(header + length);
    this.at = header;
  }

  /** Adds bytes which stay as they are until they have been received. */
  forward(bytes: Buffer, start: number, end: number): void {
    if (end - start < longRun) {
      this.reserve(end - start);
      this.at += bytes.copy(this.bytes, this.at, start, end);
      return;
    }
    this.#finish();
    this.#messages.push(copyData(Buffer.allocUnsafe(header), end - start), bytes.subarray(start, end));
  }

  /** Whether there are messages to be taken. */
  get isReady(): boolean {
    return this.#messages.length > 0;
  }

  /** The messages that are complete. */
  take(): readonly Uint8Array[] {
    const messages = this.#messages;
    this.#messages = [];
    return messages;
  }

  /** All messages that were not taken. Nothing may be written after it. */
  end(): readonly Uint8Array[] {
    this.#finish();
    return this.take();
  }

  #finish(): void {
    if (this.at <= header) return;
    copyData(this.bytes, this.at - header);
    this.#messages.push(this.bytes.subarray(0, this.at));
    this.at = 0;
    this.bytes = Buffer.alloc(0);
  }
}
