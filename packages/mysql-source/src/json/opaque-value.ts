import { columnType } from '../binlog/column-type.ts';
import { decimalSize, decimalWriter } from '../values/decimal-value.ts';
import { MalformedValue } from '../values/malformed-value.ts';
import { putDate, putTime } from '../values/temporal-text.ts';

const scratch = Buffer.alloc(128);

const textTo = (end: number): string => scratch.toString('latin1', 0, end);

const decimal = (bytes: Buffer, start: number, end: number): string => {
  const [precision = 0, scale = 0] = bytes.subarray(start, Math.min(start + 2, end));
  const isDecimal = precision >= 1 && precision <= 65 && scale <= 30 && scale <= precision;
  if (!isDecimal || end - start - 2 !== decimalSize(precision, scale))
    throw new MalformedValue('its JSON holds a decimal that is none');
  return textTo(decimalWriter(precision, scale)(bytes, start + 2, scratch, 0));
};

/** The server always prints six. */
const fractionDigits = 6;

const mostMonths = 13 * 10_000;

/** Date and time in 64 bits, of which the lowest 24 are microseconds. */
const temporal = (type: number, bytes: Buffer, start: number, end: number): string => {
  if (end - start !== 8) throw new MalformedValue('its JSON holds a time that is none');
  const packed = bytes.readBigInt64LE(start);
  const magnitude = packed < 0n ? -packed : packed;
  const microseconds = Number(magnitude & 0xff_ffffn);
  const whole = Number(magnitude >> 24n);
  const [minutes, seconds] = [(whole >> 6) & 63, whole & 63];
  const isTime = type === columnType.time;
  const days = Math.floor(whole / 0x2_0000);
  const months = days >> 5;
  if (microseconds > 999_999 || minutes > 59 || seconds > 59 || (isTime ? whole > 0x3f_ffff : months >= mostMonths))
    throw new MalformedValue('its JSON holds a time that is none');
  let at = 0;
  if (packed < 0n) scratch[at++] = 0x2d;
  if (isTime) return textTo(putTime(whole >> 12, minutes, seconds, microseconds, fractionDigits, scratch, at));
  at = putDate(Math.floor(months / 13), months % 13, days & 31, scratch, at);
  if (type === columnType.date) return textTo(at);
  scratch[at++] = 0x20;
  const hours = Math.floor(whole / 4096) & 31;
  return textTo(putTime(hours, minutes, seconds, microseconds, fractionDigits, scratch, at));
};

/** A value that JSON has no form for, as the server prints it: a number, or a string of ASCII in quotes. */
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
