import { MalformedEvent } from './malformed-event.ts';

const bytesOfHigh = 0x1_0000_0000;

/** Reads the fields of one event in order, low byte first. Throws `MalformedEvent` instead of reading past its end. */
export class EventReader {
  readonly bytes: Buffer;
  readonly end: number;
  #offset: number;

  constructor(bytes: Buffer, offset: number, end: number) {
    this.bytes = bytes;
    this.end = end;
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  get left(): number {
    return this.end - this.#offset;
  }

  uint8(): number {
    return this.bytes.readUInt8(this.#advance(1));
  }

  uint16(): number {
    return this.bytes.readUInt16LE(this.#advance(2));
  }

  uint32(): number {
    return this.bytes.readUInt32LE(this.#advance(4));
  }

  uint48(): number {
    return this.bytes.readUIntLE(this.#advance(6), 6);
  }

  uint64(): bigint {
    return this.bytes.readBigUInt64LE(this.#advance(8));
  }

  /** 64 bits that are used as a number: an offset, a length, a count. */
  number64(): number {
    const low = this.uint32();
    return this.#exact(this.uint32() * bytesOfHigh + low);
  }

  /** A number in 1, 3, 4 or 9 bytes (`net_field_length`). */
  packed(): number {
    const first = this.uint8();
    if (first < 251) return first;
    if (first === 252) return this.uint16();
    if (first === 253) return this.bytes.readUIntLE(this.#advance(3), 3);
    if (first === 254) return this.number64();
    throw new MalformedEvent('a packed number is none');
  }

  /**
   * A number in the form of newer events (MySQL: `mysql::serialization`): as many bytes follow the first as it has low
   * bits set before its first clear one; what is behind that bit is the lowest part of the number.
   */
  varlen(): bigint {
    const first = this.uint8();
    let more = 0;
    while (more < 8 && (first >> more) & 1) more++;
    if (more === 8) return this.uint64();
    let rest = 0n;
    const start = this.#advance(more);
    for (let i = more - 1; i >= 0; i--) rest = (rest << 8n) | BigInt(this.bytes.readUInt8(start + i));
    return (rest << BigInt(7 - more)) | BigInt(first >> (more + 1));
  }

  /** `varlen` with a sign in its lowest bit. */
  signedVarlen(): bigint {
    const value = this.varlen();
    return value & 1n ? -(value >> 1n) - 1n : value >> 1n;
  }

  /** A `varlen` that is used as a number. */
  varlenNumber(): number {
    return this.#exact(Number(this.varlen()));
  }

  utf8(length: number): string {
    const start = this.#advance(length);
    return this.bytes.toString('utf8', start, start + length);
  }

  /** A view. */
  view(length: number): Buffer {
    const start = this.#advance(length);
    return this.bytes.subarray(start, start + length);
  }

  copy(length: number): Buffer {
    return Buffer.from(this.view(length));
  }

  /** The next `length` bytes, as an event of their own. */
  part(length: number): EventReader {
    const start = this.#advance(length);
    return new EventReader(this.bytes, start, start + length);
  }

  skip(length: number): void {
    this.#advance(length);
  }

  #advance(length: number): number {
    const offset = this.#offset;
    if (length > this.end - offset) throw new MalformedEvent('a field runs past its end');
    this.#offset = offset + length;
    return offset;
  }

  #exact(value: number): number {
    if (value > Number.MAX_SAFE_INTEGER) throw new MalformedEvent('a number is out of range');
    return value;
  }
}
