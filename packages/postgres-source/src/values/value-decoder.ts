import { arrayOfText } from './array-value.ts';
import { arrayOfBinary } from './binary-array.ts';
import { type BinaryText, utf8 } from './binary-text.ts';
import type { ArrayElement } from './binary-types.ts';
import type { BuiltinType } from './builtin-types.ts';
import { bytesOfText } from './bytea-value.ts';
import { shortestFloat4 } from './float-text.ts';
import { floatOfText } from './float-value.ts';
import { bigintOfText, integerOfText } from './integer-value.ts';
import { isoTimestamp, isoTimestamptz } from './iso-value.ts';
import { MalformedValue } from './malformed-value.ts';
import { ValueReader } from './value-reader.ts';

type FromBytes = (bytes: Buffer, start: number, end: number) => unknown;

/**
 * The JavaScript value of one type, from the bytes between `start` and `end`. Every function throws `MalformedValue`
 * for bytes that are no such value, and returns nothing that shares memory with them.
 */
export interface ValueDecoder {
  readonly fromText: FromBytes;
  readonly fromBinary: FromBytes;
  /** The text the server would have sent instead of the binary form. */
  readonly textOfBinary: BinaryText;
  /** Whether the two functions before can do anything but throw. */
  readonly readsBinary: boolean;
}

const booleanOfText: FromBytes = (bytes, start, end) => {
  const byte = bytes[start];
  if (end - start !== 1 || (byte !== 0x74 && byte !== 0x66)) throw new MalformedValue('not a boolean');
  return byte === 0x74;
};

const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the value.
    throw new MalformedValue('not JSON');
  }
};

/** Values made from the text, whichever form that came in. */
const fromString: Readonly<Record<string, (text: string) => unknown>> = {
  json,
  jsonb: json,
  timestamp: isoTimestamp,
  timestamptz: isoTimestamptz,
};

const textForms: Readonly<Record<string, FromBytes>> = {
  int2: integerOfText,
  int4: integerOfText,
  oid: integerOfText,
  int8: bigintOfText,
  float4: floatOfText,
  float8: floatOfText,
  bool: booleanOfText,
  bytea: bytesOfText,
};

const field =
  (read: (reader: ValueReader) => unknown): FromBytes =>
  (bytes, start, end) => {
    const reader = new ValueReader(bytes, start, end);
    const value = read(reader);
    reader.finish();
    return value;
  };

/** The same values without a text in between. */
const binaryForms: Readonly<Record<string, FromBytes>> = {
  int2: field((reader) => reader.int16()),
  int4: field((reader) => reader.int32()),
  oid: field((reader) => reader.uint32()),
  int8: field((reader) => reader.int64()),
  float4: field((reader) => shortestFloat4(reader.float32())),
  float8: field((reader) => reader.float64()),
  bool: field((reader) => reader.uint8() !== 0),
  bytea: (bytes, start, end) => Buffer.from(bytes.subarray(start, end)),
};

const unreadable: BinaryText = () => {
  throw new MalformedValue('the binary form of its type is not supported');
};

/**
 * For a built-in type; `undefined` for any other, whose value is its exact text. `text` reads the type's binary form,
 * where that can be read at all.
 */
export const valueDecoder = (type: BuiltinType | undefined, text: BinaryText | undefined): ValueDecoder => {
  const name = type?.catalogName ?? '';
  const textOfBinary = text ?? unreadable;
  const ofString = fromString[name];
  if (ofString !== undefined) {
    return {
      fromText: (bytes, start, end) => ofString(utf8(bytes, start, end)),
      fromBinary: (bytes, start, end) => ofString(textOfBinary(bytes, start, end)),
      textOfBinary,
      readsBinary: text !== undefined,
    };
  }
  return {
    fromText: textForms[name] ?? utf8,
    fromBinary: (text && binaryForms[name]) ?? textOfBinary,
    textOfBinary,
    readsBinary: text !== undefined,
  };
};

/** For arrays: nested JavaScript arrays. `text` reads the binary form of the whole. */
export const arrayDecoder = (
  { oid, delimiter }: Pick<ArrayElement, 'oid' | 'delimiter'>,
  element: ValueDecoder,
  text: BinaryText | undefined,
): ValueDecoder => ({
  fromText: arrayOfText(element.fromText, delimiter),
  fromBinary: text === undefined ? unreadable : arrayOfBinary(oid, element.fromBinary),
  textOfBinary: text ?? unreadable,
  readsBinary: text !== undefined,
});
