import { MalformedValue } from './malformed-value.ts';

const malformed = (): MalformedValue => new MalformedValue('not an integer');

/** So many decimal digits always fit a double exactly. */
const safeDigits = 15;

const checkDigits = (bytes: Buffer, start: number, end: number): void => {
  if (start >= end) throw malformed();
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x30 || byte > 0x39) throw malformed();
  }
};

/** The number in decimal text of up to 15 digits, read from the bytes without a string. */
export const integerOfText = (bytes: Buffer, start: number, end: number): number => {
  const negative = bytes[start] === 0x2d;
  const first = negative ? start + 1 : start;
  if (first >= end || end - first > safeDigits) throw malformed();
  let value = 0;
  for (let at = first; at < end; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) throw malformed();
    value = value * 10 + digit;
  }
  return negative ? 0 - value : value;
};

/** Decimal text of any length. */
export const bigintOfText = (bytes: Buffer, start: number, end: number): bigint => {
  if (end - start <= safeDigits) return BigInt(integerOfText(bytes, start, end));
  checkDigits(bytes, bytes[start] === 0x2d ? start + 1 : start, end);
  return BigInt(bytes.toString('latin1', start, end));
};
