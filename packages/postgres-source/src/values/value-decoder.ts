import { type BinaryText, binaryText } from './binary-value.ts';
import type { BuiltinType } from './builtin-types.ts';
import { bytesOfText } from './bytea-value.ts';
import { floatOfText } from './float-value.ts';
import { bigintOfText, integerOfText } from './integer-value.ts';
import { isoTimestamp, isoTimestamptz } from './iso-value.ts';
import { MalformedValue } from './malformed-value.ts';

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
}

const utf8 = (bytes: Buffer, start: number, end: number): string => bytes.toString('utf8', start, end);
const ascii = (bytes: Buffer, start: number, end: number): string => bytes.toString('latin1', start, end);

const booleanOfText: FromBytes = (bytes, start, end) => {
  const byte = bytes[start];
  if (end - start !== 1 || (byte !== 0x74 && byte !== 0x66)) throw new MalformedValue('not a boolean');
  return byte === 0x74;
};

const jsonOfText: FromBytes = (bytes, start, end) => {
  try {
    return JSON.parse(utf8(bytes, start, end));
  } catch {
    // The parser's own message quotes the value.
    throw new MalformedValue('not JSON');
  }
};

const fromText: Readonly<Record<string, FromBytes>> = {
  int2: integerOfText,
  int4: integerOfText,
  oid: integerOfText,
  int8: bigintOfText,
  float4: floatOfText,
  float8: floatOfText,
  bool: booleanOfText,
  bytea: bytesOfText,
  json: jsonOfText,
  jsonb: jsonOfText,
  timestamp: (bytes, start, end) => isoTimestamp(ascii(bytes, start, end)),
  timestamptz: (bytes, start, end) => isoTimestamptz(ascii(bytes, start, end)),
};

const decoder = (catalogName: string | undefined): ValueDecoder => {
  const ofText = (catalogName === undefined ? undefined : fromText[catalogName]) ?? utf8;
  const textOfBinary = binaryText(catalogName);
  return {
    fromText: ofText,
    fromBinary: (bytes, start, end) => {
      const text = Buffer.from(textOfBinary(bytes, start, end));
      return ofText(text, 0, text.length);
    },
    textOfBinary,
  };
};

const decoders = new Map<string | undefined, ValueDecoder>();

/** For a built-in type; `undefined` for any other, whose value is its exact text. */
export const valueDecoder = (type: BuiltinType | undefined): ValueDecoder => {
  const name = type?.catalogName;
  const known = decoders.get(name);
  if (known !== undefined) return known;
  const made = decoder(name);
  decoders.set(name, made);
  return made;
};
