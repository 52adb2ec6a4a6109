import { readLsn } from '../lsn.ts';
import { MalformedMessage } from './malformed-message.ts';

/** Reads the fields of one message in order. Throws `MalformedMessage` instead of reading past its end. */
export class MessageReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #offset: number;

  constructor(bytes: Buffer, offset: number, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#offset = offset;
    this.#end = end;
  }

  get offset(): number {
    return this.#offset;
  }

  uint8(): number {
    return this.#bytes.readUInt8(this.#advance(1));
  }

  uint16(): number {
    return this.#bytes.readUInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#advance(4));
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#advance(4));
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#advance(8));
  }

  lsn(): bigint {
    return readLsn(this.#bytes, this.#advance(8));
  }

  /** Text up to a zero byte. */
  text(): string {
    const end = this.#bytes.indexOf(0, this.#offset);
    if (end < 0 || end >= this.#end) throw new MalformedMessage(this.#offset, 'a name has no end');
    const text = this.#bytes.toString('utf8', this.#offset, end);
    this.#offset = end + 1;
    return text;
  }

  utf8(length: number): string {
    const start = this.#advance(length);
    return this.#bytes.toString('utf8', start, start + length);
  }

  skip(length: number): void {
    this.#advance(length);
  }

  /** Every message must be read to its last byte. */
  end(): void {
    if (this.#offset !== this.#end) throw new MalformedMessage(this.#offset, 'bytes follow its end');
  }

  #advance(length: number): number {
    const offset = this.#offset;
    if (length > this.#end - offset) throw new MalformedMessage(offset, 'a field runs past its end');
    this.#offset = offset + length;
    return offset;
  }
}
