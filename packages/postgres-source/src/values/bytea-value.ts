import { MalformedValue } from './malformed-value.ts';

const backslash = 0x5c;
const malformed = (): MalformedValue => new MalformedValue('not bytea text');

const octal = (bytes: Buffer, at: number, end: number): number => {
  let value = 0;
  for (let index = at; index < at + 3; index++) {
    const digit = (index < end ? (bytes[index] ?? 0) : 0) - 0x30;
    if (digit < 0 || digit > 7) throw malformed();
    value = value * 8 + digit;
  }
  if (value > 0xff) throw malformed();
  return value;
};

const unescaped = (bytes: Buffer, start: number, end: number): Buffer => {
  const target = Buffer.allocUnsafe(end - start);
  let length = 0;
  for (let at = start; at < end; length++) {
    const byte = bytes[at] ?? 0;
    if (byte !== backslash) {
      target[length] = byte;
      at += 1;
    } else if (at + 1 < end && bytes[at + 1] === backslash) {
      target[length] = backslash;
      at += 2;
    } else {
      target[length] = octal(bytes, at + 1, end);
      at += 4;
    }
  }
  return Buffer.from(target.subarray(0, length));
};

/**
 * The bytes behind either output format of `bytea` (PostgreSQL manual, "Binary Data Types"): `\x` and hexadecimal
 * digits, or text with octal escapes. A copy.
 */
export const bytesOfText = (bytes: Buffer, start: number, end: number): Buffer => {
  if (bytes[start] !== backslash || bytes[start + 1] !== 0x78 || end - start < 2) return unescaped(bytes, start, end);
  const digits = end - start - 2;
  const value = Buffer.from(bytes.toString('latin1', start + 2, end), 'hex');
  // Node stops at the first character that is no digit, without an error.
  if (value.length * 2 !== digits) throw malformed();
  return value;
};
