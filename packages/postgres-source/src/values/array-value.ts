import { largestDimensions } from './binary-array.ts';
import { MalformedValue } from './malformed-value.ts';

type FromBytes = (bytes: Buffer, start: number, end: number) => unknown;

const [open, close, quote, backslash, bracket, equals] = [0x7b, 0x7d, 0x22, 0x5c, 0x5b, 0x3d] as const;
/** `NULL`, which a text of these letters is never written as without quotes. */
const nullWord = 0x4e55_4c4c;

const malformed = (): MalformedValue => new MalformedValue('not an array');

/** Reads the text form of one array from its first brace to its last. */
class ArrayReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #element: FromBytes;
  readonly #delimiter: number;
  #at: number;

  constructor(bytes: Buffer, [start, end]: readonly [number, number], element: FromBytes, delimiter: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#element = element;
    this.#delimiter = delimiter;
  }

  whole(): unknown[] {
    // Bounds that are not the usual ones, `[0:1]={1,2}`.
    if (this.#bytes[this.#at] === bracket) this.#at = this.#bytes.indexOf(equals, this.#at) + 1 || this.#end;
    const values = this.#level(1);
    if (this.#at !== this.#end) throw malformed();
    return values;
  }

  #level(depth: number): unknown[] {
    if (depth > largestDimensions) throw malformed();
    this.#pass(open);
    const values: unknown[] = [];
    if (this.#peek() === close) {
      this.#at += 1;
      return values;
    }
    for (;;) {
      values.push(this.#peek() === open ? this.#level(depth + 1) : this.#value());
      if (this.#peek() === close) break;
      this.#pass(this.#delimiter);
    }
    this.#at += 1;
    return values;
  }

  #value(): unknown {
    if (this.#peek() === quote) return this.#quoted();
    const start = this.#at;
    while (this.#peek() !== this.#delimiter && this.#peek() !== close) this.#at += 1;
    if (this.#at === start) throw malformed();
    if (this.#at - start === 4 && this.#bytes.readInt32BE(start) === nullWord) return null;
    return this.#element(this.#bytes, start, this.#at);
  }

  #quoted(): unknown {
    const start = this.#at + 1;
    let escapes = 0;
    for (this.#at = start; this.#peek() !== quote; this.#at += 1) {
      if (this.#peek() !== backslash) continue;
      escapes += 1;
      this.#at += 1;
    }
    const end = this.#at;
    this.#at += 1;
    if (escapes === 0) return this.#element(this.#bytes, start, end);
    const plain = Buffer.allocUnsafe(end - start - escapes);
    let length = 0;
    for (let at = start; at < end; at++) {
      if (this.#bytes[at] === backslash) at += 1;
      plain[length] = this.#bytes[at] ?? 0;
      length += 1;
    }
    return this.#element(plain, 0, length);
  }

  #peek(): number {
    const byte = this.#at < this.#end ? this.#bytes[this.#at] : undefined;
    if (byte === undefined) throw malformed();
    return byte;
  }

  #pass(byte: number): void {
    if (this.#peek() !== byte) throw malformed();
    this.#at += 1;
  }
}

/**
 * Nested JavaScript arrays of the text form of an array, as the server writes it (PostgreSQL manual, "Array Input and
 * Output Syntax"). Lower bounds are not in the result. `delimiter`: what stands between elements, a single byte.
 */
export const arrayOfText = (element: FromBytes, delimiter: string): FromBytes => {
  const byte = delimiter.charCodeAt(0);
  return (bytes, start, end) => new ArrayReader(bytes, [start, end], element, byte).whole();
};
