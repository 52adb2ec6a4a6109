import { mysqlErrorOf } from '../error-table.ts';

/** A payload this long goes on in the next packet (MySQL source documentation, "MySQL Packets"). */
const longest = 0xff_ffff;
const headerLength = 4;

/** Takes the payload of a packet, which lies in `bytes` between `start` and `end` and may be kept. */
export type TakePayload = (bytes: Buffer, start: number, end: number) => void;

/**
 * Cuts what a socket delivers into the payloads of packets. A payload that lies in one chunk stays there; only those that
 * reach over several are put together, once.
 */
export class PacketCutter {
  readonly #payload: TakePayload;
  /** Less than a header, from the end of a chunk. */
  #header: Buffer | null = null;
  /** The packet that has not come as a whole, and how much of it has. */
  #packet: Buffer | null = null;
  #filled = 0;
  /** The packets of a payload that goes on. */
  #parts: Buffer[] = [];
  #sequence: number | null = null;
  #pending = 0;

  constructor(payload: TakePayload) {
    this.#payload = payload;
  }

  /** Bytes held of a payload that has not come as a whole. */
  get pendingBytes(): number {
    return this.#pending;
  }

  /** The number of the packet that is due, also when it is ours. */
  get sequence(): number {
    return this.#sequence ?? 0;
  }

  /** Packets are numbered: throws `PROTOCOL_VIOLATED` when one is missing. */
  cut(chunk: Buffer): void {
    let at = this.#packet === null ? 0 : this.#fill(chunk, 0);
    while (at < chunk.length) {
      if (this.#header !== null) {
        const missing = headerLength - this.#header.length;
        const header = Buffer.concat([this.#header, chunk.subarray(at, at + missing)]);
        at += missing;
        if (header.length < headerLength) {
          this.#header = header;
          return;
        }
        this.#header = null;
        at = this.#begin(header, 0, chunk, at);
      } else if (chunk.length - at < headerLength) {
        this.#header = Buffer.from(chunk.subarray(at));
        return;
      } else {
        at = this.#begin(chunk, at, chunk, at + headerLength);
      }
    }
  }

  /** Forgets the numbering: the next packet begins an answer. */
  expectAnswer(): void {
    this.#sequence = null;
  }

  #begin(header: Buffer, from: number, chunk: Buffer, at: number): number {
    const length = header.readUInt16LE(from) + (header[from + 2] ?? 0) * 0x1_0000;
    const sequence = header[from + 3];
    if (this.#sequence !== null && sequence !== this.#sequence) {
      throw mysqlErrorOf('PROTOCOL_VIOLATED', `Packet ${sequence} came where ${this.#sequence} was due`);
    }
    this.#sequence = ((sequence ?? 0) + 1) & 0xff;
    if (chunk.length - at >= length) {
      this.#complete(chunk, at, at + length);
      return at + length;
    }
    this.#packet = Buffer.allocUnsafe(length);
    this.#filled = 0;
    this.#pending += length;
    return this.#fill(chunk, at);
  }

  #fill(chunk: Buffer, at: number): number {
    const packet = this.#packet;
    if (packet === null) return at;
    const end = Math.min(chunk.length, at + packet.length - this.#filled);
    chunk.copy(packet, this.#filled, at, end);
    this.#filled += end - at;
    if (this.#filled === packet.length) {
      this.#packet = null;
      this.#pending -= packet.length;
      this.#complete(packet, 0, packet.length);
    }
    return end;
  }

  #complete(bytes: Buffer, start: number, end: number): void {
    if (end - start === longest) {
      this.#parts.push(bytes.subarray(start, end));
      this.#pending += longest;
      return;
    }
    if (this.#parts.length === 0) {
      this.#payload(bytes, start, end);
      return;
    }
    const parts = this.#parts;
    this.#parts = [];
    this.#pending = 0;
    const whole = Buffer.concat([...parts, bytes.subarray(start, end)]);
    this.#payload(whole, 0, whole.length);
  }
}
