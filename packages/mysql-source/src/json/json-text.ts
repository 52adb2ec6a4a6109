import { columnType } from '../binlog/column-type.ts';
import { decimalSize, decimalWriter } from '../values/decimal-value.ts';
import { float8Text } from '../values/float-text.ts';
import { MalformedValue } from '../values/malformed-value.ts';
import { putDate, putTime } from '../values/temporal-text.ts';

const characters: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
};

const escaped = (character: string): string =>
  characters[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes them.
const special = /["\\\u0000-\u001f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes them.
const specials = /["\\\u0000-\u001f]/g;

/** A string as the server prints it. */
export const jsonString = (text: string): string => `"${special.test(text) ? text.replace(specials, escaped) : text}"`;

/** A DOUBLE as the server prints it in JSON: never like a whole number. */
export const jsonDouble = (value: number): string => {
  if (!Number.isFinite(value)) throw new MalformedValue('its JSON holds a number that JSON does not have');
  const text = float8Text(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
};

const scratch = Buffer.alloc(128);

const decimal = (bytes: Buffer, start: number, end: number): string => {
  const [precision = 0, scale = 0] = bytes.subarray(start, Math.min(start + 2, end));
  if (
    precision < 1 ||
    precision > 65 ||
    scale > 30 ||
    scale > precision ||
    end - start - 2 !== decimalSize(precision, scale)
  )
    throw new MalformedValue('its JSON holds a decimal that is none');
  return scratch.toString('latin1', 0, decimalWriter(precision, scale)(bytes, start + 2, scratch, 0));
};

const microsecondsDigits = 6;

/** Date and time in 64 bits, of which the lowest 24 are microseconds. */
const temporal = (type: number, bytes: Buffer, start: number, end: number): string => {
  if (end - start !== 8) throw new MalformedValue('its JSON holds a time that is none');
  const packed = bytes.readBigInt64LE(start);
  const magnitude = packed < 0n ? -packed : packed;
  const microseconds = Number(magnitude & 0xff_ffffn);
  const whole = Number(magnitude >> 24n);
  const time = whole % 0x2_0000;
  const [hours, minutes, seconds] = [time >> 12, (time >> 6) & 63, time & 63];
  const [days, isTime] = [Math.floor(whole / 0x2_0000), type === columnType.time];
  const months = Math.floor(days / 32);
  if (microseconds > 999_999 || minutes > 59 || seconds > 59 || (isTime ? whole > 0x3f_ffff : months >= 130_000))
    throw new MalformedValue('its JSON holds a time that is none');
  let at = 0;
  if (packed < 0n) scratch[at++] = 0x2d;
  if (isTime) return text(putTime(whole >> 12, minutes, seconds, microseconds, microsecondsDigits, scratch, at));
  at = putDate(Math.floor(months / 13), months % 13, days % 32, scratch, at);
  if (type === columnType.date) return text(at);
  scratch[at++] = 0x20;
  return text(putTime(hours, minutes, seconds, microseconds, microsecondsDigits, scratch, at));
};

const text = (end: number): string => scratch.toString('latin1', 0, end);

/** A value that JSON has no form for, as the server prints it. */
export const opaqueText = (type: number, bytes: Buffer, start: number, end: number): string => {
  switch (type) {
    case columnType.newDecimal:
      return decimal(bytes, start, end);
    case columnType.date:
    case columnType.time:
    case columnType.dateTime:
    case columnType.timestamp:
      return `"${temporal(type, bytes, start, end)}"`;
    default:
      return `"base64:type${type}:${bytes.toString('base64', start, end)}"`;
  }
};
