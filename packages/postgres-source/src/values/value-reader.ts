import { MalformedValue } from './malformed-value.ts';

/** Reads the fields of one value's binary form in order. Throws `MalformedValue` instead of reading past its end. */
export class ValueReader {
  readonly bytes: Buffer;
  readonly #end: number;
  #offset: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.bytes = bytes;
    this.#offset = start;
    this.#end = end;
  }

  /** How many bytes have not been read. */
  get left(): number {
    return this.#end - this.#offset;
  }

  uint8(): number {
    return this.bytes.readUInt8(this.take(1));
  }

  int16(): number {
    return this.bytes.readInt16BE(this.take(2));
  }

  uint16(): number {
    return this.bytes.readUInt16BE(this.take(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.take(4));
  }

  uint32(): number {
    return this.bytes.readUInt32BE(this.take(4));
  }

  int64(): bigint {
    return this.bytes.readBigInt64BE(this.take(8));
  }

  uint64(): bigint {
    return this.bytes.readBigUInt64BE(this.take(8));
  }

  float32(): number {
    return this.bytes.readFloatBE(this.take(4));
  }

  float64(): number {
    return this.bytes.readDoubleBE(this.take(8));
  }

  /** A number of things that take at least `size` bytes each, so that no more are looked for than there can be. */
  count(size: number): number {
    const count = this.int32();
    if (count < 0 || count > this.left / size) throw new MalformedValue('it has another length than it says');
    return count;
  }

  /** Passes over `length` bytes and returns where they begin. */
  take(length: number): number {
    const offset = this.#offset;
    if (length < 0 || length > this.#end - offset) throw new MalformedValue('its binary form ends too soon');
    this.#offset = offset + length;
    return offset;
  }

  /** A value must be read to its last byte. */
  finish(): void {
    if (this.#offset !== this.#end) throw new MalformedValue('bytes follow its binary form');
  }
}
