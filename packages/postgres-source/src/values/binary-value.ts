import { dateText, timestampText, timeText } from './binary-time.ts';
import { shortestFloat4 } from './float-value.ts';
import { MalformedValue } from './malformed-value.ts';

/** The text the server would have sent for a value in its binary (`send`) form. */
export type BinaryText = (bytes: Buffer, start: number, end: number) => string;

const fixed =
  (length: number, read: (bytes: Buffer, start: number) => unknown): BinaryText =>
  (bytes, start, end) => {
    if (end - start !== length) throw new MalformedValue(`its binary form has not ${length} bytes`);
    return String(read(bytes, start));
  };

const utf8: BinaryText = (bytes, start, end) => bytes.toString('utf8', start, end);

const jsonb: BinaryText = (bytes, start, end) => {
  if (end === start || bytes[start] !== 1) throw new MalformedValue('its jsonb version is not 1');
  return utf8(bytes, start + 1, end);
};

// String() forgets the sign of zero.
const floatText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

const boolean = fixed(1, (bytes, start) => (bytes[start] === 0 ? 'f' : 't'));

const uuid = fixed(16, (bytes, start) =>
  bytes.toString('hex', start, start + 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
);

const time = fixed(8, (bytes, start) => {
  const microseconds = bytes.readBigInt64BE(start);
  if (microseconds < 0n || microseconds > 86_400_000_000n) throw new MalformedValue('not a time of day');
  return timeText(Number(microseconds));
});

const decoders: Readonly<Record<string, BinaryText>> = {
  bool: boolean,
  bytea: (bytes, start, end) => `\\x${bytes.toString('hex', start, end)}`,
  name: utf8,
  text: utf8,
  varchar: utf8,
  bpchar: utf8,
  json: utf8,
  jsonb,
  uuid,
  int2: fixed(2, (bytes, start) => bytes.readInt16BE(start)),
  int4: fixed(4, (bytes, start) => bytes.readInt32BE(start)),
  int8: fixed(8, (bytes, start) => bytes.readBigInt64BE(start)),
  oid: fixed(4, (bytes, start) => bytes.readUInt32BE(start)),
  float4: fixed(4, (bytes, start) => floatText(shortestFloat4(bytes.readFloatBE(start)))),
  float8: fixed(8, (bytes, start) => floatText(bytes.readDoubleBE(start))),
  date: fixed(4, (bytes, start) => dateText(bytes.readInt32BE(start))),
  time,
  timestamp: fixed(8, (bytes, start) => timestampText(bytes.readBigInt64BE(start), '')),
  timestamptz: fixed(8, (bytes, start) => timestampText(bytes.readBigInt64BE(start), '+00')),
};

const unsupported: BinaryText = () => {
  throw new MalformedValue('the binary form of its type is not supported');
};

/** By the type's name in `pg_type`. For a type without one here the result throws `MalformedValue`. */
export const binaryText = (catalogName: string | undefined): BinaryText =>
  (catalogName === undefined ? undefined : decoders[catalogName]) ?? unsupported;
