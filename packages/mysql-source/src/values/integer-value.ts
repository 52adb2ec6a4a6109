import { putSigned64, putUnsigned, putUnsigned64 } from './digits.ts';
import { shortDecoder, type ValueDecoder } from './value-decoder.ts';

const minus = 0x2d;
/** The digits of a 64-bit number and its sign. */
const room = 20;

const littleEndian = (bytes: Buffer, start: number, end: number): number => {
  let value = 0;
  for (let at = end - 1; at >= start; at--) value = value * 256 + (bytes[at] ?? 0);
  return value;
};

/** Of 1 to 4 bytes. */
const small = (size: number, unsigned: boolean): ValueDecoder => {
  const negative = unsigned ? Number.POSITIVE_INFINITY : 2 ** (size * 8 - 1);
  const range = 2 ** (size * 8);
  const numberOf = (bytes: Buffer, start: number, end: number): number => {
    const value = littleEndian(bytes, start, end);
    return value < negative ? value : value - range;
  };
  const decoder = shortDecoder(size, room, (bytes, start, end, target, at) => {
    const value = numberOf(bytes, start, end);
    if (value >= 0) return putUnsigned(value, target, at);
    target[at] = minus;
    return putUnsigned(-value, target, at + 1);
  });
  return { ...decoder, value: numberOf };
};

const large = (unsigned: boolean): ValueDecoder =>
  shortDecoder(
    8,
    room,
    (bytes, start, _, target, at) => {
      const low = bytes.readUInt32LE(start);
      return unsigned
        ? putUnsigned64(bytes.readUInt32LE(start + 4), low, target, at)
        : putSigned64(bytes.readInt32LE(start + 4), low, target, at);
    },
    BigInt,
  );

/** A whole number of 1, 2, 3, 4 or 8 bytes; a number, or a bigint where it has 8 or is an unsigned one of 4. */
export const integerDecoder = (size: number, unsigned: boolean): ValueDecoder => {
  if (size === 8) return large(unsigned);
  const decoder = small(size, unsigned);
  if (size < 4 || !unsigned) return decoder;
  return { ...decoder, value: (bytes, start, end) => BigInt(littleEndian(bytes, start, end)) };
};

const firstYear = 1900;

/** One byte; 0 is the year 0000. */
export const yearDecoder: ValueDecoder = shortDecoder(
  1,
  4,
  (bytes, start, _, target, at) => {
    const year = bytes[start] ?? 0;
    if (year !== 0) return putUnsigned(year + firstYear, target, at);
    return target.fill(0x30, at, at + 4) && at + 4;
  },
  Number,
);
