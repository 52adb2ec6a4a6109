/** Of a CopyData message: its kind and its length (PostgreSQL manual, "Message Formats"). */
const header = 5;
const chunkSize = 64 * 1024;

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

/** The data of one COPY while it is written: whole CopyData messages of many rows each. */
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
    this.bytes[0] = 0x64;
    this.bytes.writeUInt32BE(this.at - 1, 1);
    this.#messages.push(this.bytes.subarray(0, this.at));
    this.at = 0;
    this.bytes = Buffer.alloc(0);
  }
}
