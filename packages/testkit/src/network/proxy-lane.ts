import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { MessageReader, ProtocolMessage } from './message-reader.ts';
import type { Pause } from './pause.ts';

/** What a lane needs to carry messages from one socket to the other. */
export interface LaneOptions {
  readonly from: Socket;
  readonly to: Socket;
  readonly reader: MessageReader;
  /** While it lasts nothing is read or written. */
  readonly pause: Pause;
  /** The messages to write in place of this one: itself, nothing, or also earlier ones kept back. */
  readonly inspect: (message: ProtocolMessage) => readonly ProtocolMessage[];
}

const slices = 20;

/** One direction of a proxied connection. It keeps the order of messages and reads no faster than it writes. */
export class ProxyLane {
  /** Bytes per second; undefined for as fast as possible. */
  rate: number | undefined;
  /** True to swallow everything from now on. */
  dropping = false;
  readonly #options: LaneOptions;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** Carries messages until the sending socket ends; rejects when it breaks. */
  async run(): Promise<void> {
    const { from, reader } = this.#options;
    try {
      for await (const chunk of from.iterator({ destroyOnReturn: false })) await this.#carryAll(reader.messages(chunk));
    } finally {
      await this.#options.pause.ended; // a frozen connection does not show that its other side has gone
    }
  }

  async #carryAll(messages: Iterable<ProtocolMessage>): Promise<void> {
    const { to } = this.#options;
    to.cork();
    for (const message of messages) {
      const waiting = this.#carry(message);
      if (waiting === undefined) continue;
      to.uncork();
      await waiting;
      to.cork();
    }
    to.uncork();
    if (to.writableNeedDrain) await drained(to);
  }

  #carry(message: ProtocolMessage): Promise<void> | undefined {
    const { pause } = this.#options;
    if (pause.ended !== undefined) return this.#carryAfterPause(message);
    const passed = this.#options.inspect(message);
    if (pause.ended !== undefined || this.rate !== undefined) return this.#writeSlowly(passed);
    this.#write(passed);
    return undefined;
  }

  async #carryAfterPause(message: ProtocolMessage): Promise<void> {
    await this.#options.pause.ended;
    await this.#carry(message);
  }

  async #writeSlowly(messages: readonly ProtocolMessage[]): Promise<void> {
    const { pause } = this.#options;
    await pause.ended;
    for (const { type, bytes } of messages) {
      for (let start = 0; start < bytes.length; ) {
        const size = this.rate === undefined ? bytes.length : Math.max(1, Math.floor(this.rate / slices));
        this.#write([{ type, bytes: bytes.subarray(start, start + size) }]);
        start += size;
        if (this.rate !== undefined) await setTimeout(1000 / slices);
        await pause.ended;
      }
    }
  }

  #write(messages: readonly ProtocolMessage[]): void {
    const { to } = this.#options;
    if (this.dropping || !to.writable) return;
    for (const { bytes } of messages) to.write(bytes);
  }
}

const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
    if (!socket.writableNeedDrain || socket.destroyed) done();
  });
