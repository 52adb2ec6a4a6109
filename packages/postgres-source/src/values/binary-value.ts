import { formatLsn } from '../lsn.ts';
import { geometryTexts } from './binary-geometry.ts';
import { finiteIntervalText, intervalText } from './binary-interval.ts';
import { hardwareAddressText, inetText } from './binary-network.ts';
import { numericText } from './binary-numeric.ts';
import { type BinaryText, fields, utf8 } from './binary-text.ts';
import { dateText, timeOfDayText, timestampText, zonedTimestampText, zonedTimeText } from './binary-time.ts';
import { float4Text, float8Text } from './float-text.ts';
import { MalformedValue } from './malformed-value.ts';

const versioned =
  (type: string): BinaryText =>
  (bytes, start, end) => {
    if (end === start || bytes[start] !== 1) throw new MalformedValue(`its ${type} version is not 1`);
    return utf8(bytes, start + 1, end);
  };

const uuid = fields((reader) => {
  const start = reader.take(16);
  const digits = reader.bytes.toString('hex', start, start + 16);
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
});

const bits = fields((reader) => {
  const length = reader.count(1 / 8);
  const start = reader.take(Math.ceil(length / 8));
  let text = '';
  for (let at = start; text.length < length; at++) text += (reader.bytes[at] ?? 0).toString(2).padStart(8, '0');
  return text.slice(0, length);
});

/** In cents, as `lc_monetary` C writes it. */
const money = fields((reader) => {
  const cents = reader.int64();
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0');
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${cents < 0n ? '-' : ''}$${whole}.${digits.slice(-2)}`;
});

/** A single byte, from 128 on as an octal escape. */
const char = fields((reader) => {
  const byte = reader.uint8();
  if (byte === 0) return '';
  return byte < 0x80 ? String.fromCharCode(byte) : `\\${byte.toString(8)}`;
});

const scalars: Readonly<Record<string, BinaryText>> = {
  bool: fields((reader) => (reader.uint8() === 0 ? 'f' : 't')),
  bytea: (bytes, start, end) => `\\x${bytes.toString('hex', start, end)}`,
  name: utf8,
  text: utf8,
  varchar: utf8,
  bpchar: utf8,
  refcursor: utf8,
  json: utf8,
  // In an encoding other than UTF-8 it would name that, which the text form never does.
  xml: utf8,
  jsonb: versioned('jsonb'),
  jsonpath: versioned('jsonpath'),
  uuid,
  int2: fields((reader) => reader.int16()),
  int4: fields((reader) => reader.int32()),
  int8: fields((reader) => reader.int64()),
  oid: fields((reader) => reader.uint32()),
  xid: fields((reader) => reader.uint32()),
  cid: fields((reader) => reader.uint32()),
  xid8: fields((reader) => reader.uint64()),
  tid: fields((reader) => `(${reader.uint32()},${reader.uint16()})`),
  pg_lsn: fields((reader) => formatLsn(reader.uint64())),
  numeric: numericText,
  float4: fields((reader) => float4Text(reader.float32())),
  float8: fields((reader) => float8Text(reader.float64())),
  money,
  date: dateText,
  time: timeOfDayText,
  timetz: zonedTimeText,
  timestamp: timestampText,
  timestamptz: zonedTimestampText,
  interval: intervalText,
  bit: bits,
  varbit: bits,
  inet: inetText,
  cidr: inetText,
  macaddr: hardwareAddressText(6),
  macaddr8: hardwareAddressText(8),
  char,
  ...geometryTexts,
};

/** What other servers than the newest known write otherwise; `undefined`: as nothing here writes it. */
const differing = (serverVersion: number): Readonly<Record<string, BinaryText | undefined>> => ({
  ...(serverVersion < 160_000 ? { char: undefined } : {}),
  ...(serverVersion < 170_000 ? { interval: finiteIntervalText } : {}),
  ...(serverVersion >= 190_000 ? { pg_lsn: undefined } : {}),
});

/**
 * By name in `pg_type`, the types whose binary form says everything that is in the text. Left out are those whose text
 * depends on the catalog (`regclass` and the like), and some that no application stores.
 */
export const scalarTexts = (serverVersion: number): Readonly<Record<string, BinaryText | undefined>> => ({
  ...scalars,
  ...differing(serverVersion),
});
