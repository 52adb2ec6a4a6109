import { MalformedValue } from '../values/malformed-value.ts';
import { utf8Text } from '../values/text-value.ts';
import { jsonDouble, jsonString, opaqueText } from './json-text.ts';

/** Kinds of values in MySQL's binary JSON (MySQL source documentation, `json_binary.h`). */
export const jsonKind = {
  smallObject: 0,
  largeObject: 1,
  smallArray: 2,
  largeArray: 3,
  literal: 4,
  int16: 5,
  uint16: 6,
  int32: 7,
  uint32: 8,
  int64: 9,
  uint64: 10,
  double: 11,
  string: 12,
  opaque: 15,
} as const;

const literals = ['null', 'true', 'false'] as const;

/** How deep the servers let documents be. */
const deepest = 100;

const malformed = (): MalformedValue => new MalformedValue('its binary JSON is malformed');

/** The text of binary JSON as the server prints it. Never looks outside of the document. */
export const binaryJsonText = (bytes: Buffer, start: number, end: number): string => {
  // A document of no bytes is what an upgraded server made of NULL in a column that takes none.
  if (start === end) return 'null';
  return new JsonReader(bytes, start, end).value(bytes[start] ?? 0, start + 1, 0);
};

class JsonReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  /** No value lies in two places, so that there are fewer values than bytes. */
  #left: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.#end = end;
    this.#left = end - start;
  }

  value(kind: number, at: number, depth: number): string {
    const bytes = this.#bytes;
    switch (kind) {
      case jsonKind.smallObject:
        return this.#members(at, 2, true, depth);
      case jsonKind.largeObject:
        return this.#members(at, 4, true, depth);
      case jsonKind.smallArray:
        return this.#members(at, 2, false, depth);
      case jsonKind.largeArray:
        return this.#members(at, 4, false, depth);
      case jsonKind.literal:
        return literals[bytes[this.#take(at, 1)] ?? -1] ?? this.#fail();
      case jsonKind.int16:
        return String(bytes.readInt16LE(this.#take(at, 2)));
      case jsonKind.uint16:
        return String(bytes.readUInt16LE(this.#take(at, 2)));
      case jsonKind.int32:
        return String(bytes.readInt32LE(this.#take(at, 4)));
      case jsonKind.uint32:
        return String(bytes.readUInt32LE(this.#take(at, 4)));
      case jsonKind.int64:
        return String(bytes.readBigInt64LE(this.#take(at, 8)));
      case jsonKind.uint64:
        return String(bytes.readBigUInt64LE(this.#take(at, 8)));
      case jsonKind.double:
        return jsonDouble(bytes.readDoubleLE(this.#take(at, 8)));
      case jsonKind.string:
        return jsonString(this.#string(at));
      case jsonKind.opaque: {
        const type = bytes[this.#take(at, 1)] ?? 0;
        const { start, length } = this.#lengthAt(at + 1);
        return opaqueText(type, bytes, this.#take(start, length), start + length);
      }
      default:
        return this.#fail();
    }
  }

  /** `width`: of the numbers in it. */
  #members(at: number, width: 2 | 4, isObject: boolean, depth: number): string {
    if (depth >= deepest) throw new MalformedValue('its binary JSON is too deep');
    const count = this.#number(at, width);
    const size = this.#number(at + width, width);
    this.#take(at, size);
    const keys = at + 2 * width;
    const keySize = isObject ? width + 2 : 0;
    const valueSize = width + 1;
    const values = keys + count * keySize;
    if (values + count * valueSize > at + size) throw malformed();
    this.#left -= count;
    if (this.#left < 0) throw malformed();
    let text = isObject ? '{' : '[';
    for (let place = 0; place < count; place++) {
      if (place > 0) text += ', ';
      if (isObject) {
        const key = keys + place * keySize;
        const start = at + this.#number(key, width);
        const length = this.#number(key + width, 2);
        text += `${jsonString(utf8Text(this.#bytes, this.#take(start, length), start + length))}: `;
      }
      const entry = values + place * valueSize;
      const kind = this.#bytes[entry] ?? 0;
      text += this.value(kind, isInlined(kind, width) ? entry + 1 : at + this.#number(entry + 1, width), depth + 1);
    }
    return text + (isObject ? '}' : ']');
  }

  #string(at: number): string {
    const { start, length } = this.#lengthAt(at);
    return utf8Text(this.#bytes, this.#take(start, length), start + length);
  }

  /** A length of seven bits a byte, the lowest first, and where what it measures begins. */
  #lengthAt(at: number): { readonly start: number; readonly length: number } {
    let length = 0;
    for (let place = 0; place < 5; place++) {
      const byte = this.#bytes[this.#take(at + place, 1)] ?? 0;
      length += (byte & 0x7f) * 128 ** place;
      if (byte < 0x80) return { start: at + place + 1, length };
    }
    throw malformed();
  }

  #number(at: number, width: 2 | 4): number {
    const start = this.#take(at, width);
    return width === 2 ? this.#bytes.readUInt16LE(start) : this.#bytes.readUInt32LE(start);
  }

  #take(at: number, length: number): number {
    if (length > this.#end - at) throw malformed();
    return at;
  }

  #fail(): never {
    throw malformed();
  }
}

const isInlined = (kind: number, width: 2 | 4): boolean =>
  kind === jsonKind.literal ||
  kind === jsonKind.int16 ||
  kind === jsonKind.uint16 ||
  (width === 4 && (kind === jsonKind.int32 || kind === jsonKind.uint32));
