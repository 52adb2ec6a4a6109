import { MalformedValue } from '../values/malformed-value.ts';
import { utf8Text } from '../values/text-value.ts';
import type { JsonNode } from './json-tree.ts';
import type { JsonWriter } from './json-writer.ts';
import { opaqueText } from './opaque-value.ts';

/** Kinds of values in MySQL's binary JSON (MySQL source documentation, `json_binary.h`). */
const jsonKind = {
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

const [brace, bracket] = [
  [0x7b, 0x7d],
  [0x5b, 0x5d],
] as const;

const malformed = (): MalformedValue => new MalformedValue('its binary JSON is malformed');

/** Reads one document of binary JSON. Never looks outside of it. Throws `MalformedValue`. */
export class BinaryJson {
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;
  /** No value lies in two places, so that there are fewer values than bytes. */
  #left: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#left = end - start;
  }

  /** Writes the document as the server prints it. */
  write(writer: JsonWriter): void {
    // A document of no bytes is what an upgraded server made of NULL in a column that takes none.
    if (this.#start === this.#end) writer.ascii('null');
    else this.#value(this.#bytes[this.#start] ?? 0, this.#start + 1, 0, writer);
  }

  /** The document, to be changed. It refers to the memory of this one. */
  tree(): JsonNode {
    if (this.#start === this.#end) return { kind: 'scalar', write: (writer) => writer.ascii('null') };
    return this.#node(this.#bytes[this.#start] ?? 0, this.#start + 1, 0);
  }

  #value(kind: number, at: number, depth: number, writer: JsonWriter): void {
    if (kind > jsonKind.largeArray) this.#scalar(kind, at, writer);
    else this.#members(at, widthOf(kind), kind < jsonKind.smallArray, depth, writer);
  }

  #scalar(kind: number, at: number, writer: JsonWriter): void {
    const bytes = this.#bytes;
    switch (kind) {
      case jsonKind.literal:
        writer.ascii(literals[bytes[this.#take(at, 1)] ?? -1] ?? this.#fail());
        break;
      case jsonKind.int16: {
        const value = (this.#number(at, 2) << 16) >> 16;
        writer.signed(value >> 31, value >>> 0);
        break;
      }
      case jsonKind.uint16:
        writer.unsigned(0, this.#number(at, 2));
        break;
      case jsonKind.int32: {
        const value = this.#number(at, 4);
        writer.signed(value >> 31, value);
        break;
      }
      case jsonKind.uint32:
        writer.unsigned(0, this.#number(at, 4));
        break;
      case jsonKind.int64:
        writer.signed(this.#number(at + 4, 4) | 0, this.#number(at, 4));
        break;
      case jsonKind.uint64:
        writer.unsigned(this.#number(at + 4, 4), this.#number(at, 4));
        break;
      case jsonKind.double:
        writer.double(bytes.readDoubleLE(this.#take(at, 8)));
        break;
      case jsonKind.string:
        this.#string(at, writer);
        break;
      case jsonKind.opaque:
        this.#opaque(at, writer);
        break;
      default:
        this.#fail();
    }
  }

  /** `width`: of the numbers in it. */
  #members(at: number, width: 2 | 4, isObject: boolean, depth: number, writer: JsonWriter): void {
    const { count, keys, values } = this.#container(at, width, isObject, depth);
    const bytes = this.#bytes;
    const [open, close] = isObject ? brace : bracket;
    writer.byte(open);
    for (let place = 0; place < count; place++) {
      if (place > 0) writer.comma();
      if (isObject) {
        const key = keys + place * (width + 2);
        const start = at + this.#number(key, width);
        const length = this.#number(key + width, 2);
        writer.string(bytes, this.#take(start, length), start + length);
        writer.colon();
      }
      const entry = values + place * (width + 1);
      const kind = bytes[entry] ?? 0;
      this.#value(kind, isInlined(kind, width) ? entry + 1 : at + this.#number(entry + 1, width), depth + 1, writer);
    }
    writer.byte(close);
  }

  #node(kind: number, at: number, depth: number): JsonNode {
    if (kind > jsonKind.largeArray) return { kind: 'scalar', write: (writer) => this.#scalar(kind, at, writer) };
    const [width, isObject] = [widthOf(kind), kind < jsonKind.smallArray];
    const { count, keys, values } = this.#container(at, width, isObject, depth);
    const members = new Map<string, JsonNode>();
    const items: JsonNode[] = [];
    for (let place = 0; place < count; place++) {
      const entry = values + place * (width + 1);
      const inner = this.#bytes[entry] ?? 0;
      const value = isInlined(inner, width) ? entry + 1 : at + this.#number(entry + 1, width);
      const node = this.#node(inner, value, depth + 1);
      if (isObject) members.set(this.#key(at, keys + place * (width + 2), width), node);
      else items.push(node);
    }
    return isObject ? { kind: 'object', members } : { kind: 'array', items };
  }

  #key(at: number, key: number, width: 2 | 4): string {
    const start = at + this.#number(key, width);
    const length = this.#number(key + width, 2);
    return utf8Text(this.#bytes, this.#take(start, length), start + length);
  }

  /** How many members it has, and where their keys and values are listed. */
  #container(at: number, width: 2 | 4, isObject: boolean, depth: number) {
    if (depth >= deepest) throw new MalformedValue('its binary JSON is too deep');
    const count = this.#number(at, width);
    const size = this.#number(at + width, width);
    this.#take(at, size);
    const keys = at + 2 * width;
    const values = keys + (isObject ? count * (width + 2) : 0);
    this.#left -= count;
    if (values + count * (width + 1) > at + size || this.#left < 0) throw malformed();
    return { count, keys, values };
  }

  #string(at: number, writer: JsonWriter): void {
    const length = this.#length(at);
    const start = this.#behind(at);
    writer.string(this.#bytes, this.#take(start, length), start + length);
  }

  #opaque(at: number, writer: JsonWriter): void {
    const type = this.#bytes[this.#take(at, 1)] ?? 0;
    const length = this.#length(at + 1);
    const start = this.#behind(at + 1);
    writer.ascii(opaqueText(type, this.#bytes, this.#take(start, length), start + length));
  }

  /** Seven bits a byte, the lowest first. */
  #length(at: number): number {
    let length = 0;
    for (let place = 0; place < 5; place++) {
      const byte = this.#bytes[this.#take(at + place, 1)] ?? 0;
      length += (byte & 0x7f) * 128 ** place;
      if (byte < 0x80) return length;
    }
    throw malformed();
  }

  /** Where what a length measures begins. */
  #behind(at: number): number {
    let end = at;
    while ((this.#bytes[end] ?? 0) >= 0x80) end++;
    return end + 1;
  }

  #number(at: number, width: 2 | 4): number {
    this.#take(at, width);
    const bytes = this.#bytes;
    const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    return width === 2 ? low : low + (bytes[at + 2] ?? 0) * 0x1_0000 + (bytes[at + 3] ?? 0) * 0x100_0000;
  }

  /** `at`, behind which there have to be so many bytes. */
  #take(at: number, length: number): number {
    if (length > this.#end - at) throw malformed();
    return at;
  }

  #fail(): never {
    throw malformed();
  }
}

const widthOf = (kind: number): 2 | 4 => (kind === jsonKind.largeObject || kind === jsonKind.largeArray ? 4 : 2);

const isInlined = (kind: number, width: 2 | 4): boolean =>
  kind === jsonKind.literal ||
  kind === jsonKind.int16 ||
  kind === jsonKind.uint16 ||
  (width === 4 && (kind === jsonKind.int32 || kind === jsonKind.uint32));
