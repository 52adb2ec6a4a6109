import { putSigned64, putUnsigned64 } from '../values/digits.ts';
import { float8Text } from '../values/float-text.ts';
import { MalformedValue } from '../values/malformed-value.ts';
import { putBytes } from '../values/text-value.ts';

const [quote, backslash, comma, colon, space] = [0x22, 0x5c, 0x2c, 0x3a, 0x20] as const;

/** What stands behind the backslash for characters that JSON escapes, but for those written as `\u0000`. */
const escapes = new Map([
  [quote, '"'],
  [backslash, '\\'],
  [0x08, 'b'],
  [0x09, 't'],
  [0x0a, 'n'],
  [0x0c, 'f'],
  [0x0d, 'r'],
]);

const escapeOf = (byte: number): Buffer =>
  Buffer.from(`\\${escapes.get(byte) ?? `u${byte.toString(16).padStart(4, '0')}`}`);

const escapedBytes = Array.from({ length: 0x20 }, (_, byte) => escapeOf(byte));
const [escapedQuote, escapedBackslash] = [escapeOf(quote), escapeOf(backslash)];

/** The longest escape. */
const longestEscape = 6;
/** The digits of a 64-bit number and its sign. */
const integerRoom = 20;

/** Is thrown when a text does not fit what is left of its memory. */
export const outOfRoom = new Error('The text of a JSON document does not fit');

/** Writes JSON as the server prints it: a space behind commas and colons. Throws `outOfRoom`. */
export class JsonWriter {
  readonly target: Buffer;
  at: number;

  constructor(target: Buffer, at: number) {
    this.target = target;
    this.at = at;
  }

  byte(byte: number): void {
    this.#room(1);
    this.target[this.at++] = byte;
  }

  comma(): void {
    this.#two(comma);
  }

  colon(): void {
    this.#two(colon);
  }

  /** Text of ASCII that is written as it is. */
  ascii(text: string): void {
    this.#room(text.length);
    for (let place = 0; place < text.length; place++) this.target[this.at++] = text.charCodeAt(place);
  }

  signed(high: number, low: number): void {
    this.#room(integerRoom);
    this.at = putSigned64(high, low, this.target, this.at);
  }

  unsigned(high: number, low: number): void {
    this.#room(integerRoom);
    this.at = putUnsigned64(high, low, this.target, this.at);
  }

  /** Never like a whole number. */
  double(value: number): void {
    if (!Number.isFinite(value)) throw new MalformedValue('its JSON holds a number that JSON does not have');
    const text = float8Text(value);
    this.ascii(/^-?\d+$/.test(text) ? `${text}.0` : text);
  }

  /** A string that is UTF-8. */
  string(bytes: Buffer, start: number, end: number): void {
    this.#room(end - start + 2);
    const { target } = this;
    let to = this.at;
    target[to++] = quote;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (byte >= 0x20 && byte !== quote && byte !== backslash) {
        target[to++] = byte;
        continue;
      }
      this.at = to;
      // What is left, this escape, and the quote.
      this.#room(end - at + longestEscape + 1);
      const escaped = byte === quote ? escapedQuote : byte === backslash ? escapedBackslash : escapedBytes[byte];
      if (escaped !== undefined) to = putBytes(escaped, 0, escaped.length, target, to);
    }
    target[to++] = quote;
    this.at = to;
  }

  #two(byte: number): void {
    this.#room(2);
    this.target[this.at++] = byte;
    this.target[this.at++] = space;
  }

  #room(length: number): void {
    if (this.at + length > this.target.length) throw outOfRoom;
  }
}
