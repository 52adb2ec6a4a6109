import { putSigned64, putUnsigned, putUnsigned64 } from './digits.ts';
import { requireSize, shortDecoder, type ValueDecoder, valueForm } from './value-decoder.ts';

const minus = 0x2d;
/** The digits of a 64-bit number and its sign. */
const room = 20;

const littleEndian = (bytes: Buffer, start: number, end: number): number => {
  let value = 0;
  for (let at = end - 1; at >= start; at--) value = value * 256 + (bytes[at] ?? 0);
  return value;
};

const uint32 = (bytes: Buffer, start: number): number =>
  ((bytes[start] ?? 0) | ((bytes[start + 1] ?? 0) << 8) | ((bytes[start + 2] ?? 0) << 16)) +
  (bytes[start + 3] ?? 0) * 0x100_0000;

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
  const text: ValueDecoder['text'] = (bytes, start, end) => {
    requireSize(start, end, size);
    return String(numberOf(bytes, start, end));
  };
  return { ...decoder, form: unsigned ? valueForm.unsigned : valueForm.signed, text, value: numberOf };
};

const large = (unsigned: boolean): ValueDecoder => {
  const decoder = shortDecoder(
    8,
    room,
    (bytes, start, _, target, at) => {
      const low = uint32(bytes, start);
      const high = uint32(bytes, start + 4);
      return unsigned ? putUnsigned64(high, low, target, at) : putSigned64(high | 0, low, target, at);
    },
    BigInt,
  );
  const text: ValueDecoder['text'] = (bytes, start, end) => {
    requireSize(start, end, 8);
    // Most numbers are small, whatever they could be.
    return uint32(bytes, start + 4) === 0 ? String(uint32(bytes, start)) : decoder.text(bytes, start, end);
  };
  return { ...decoder, form: unsigned ? valueForm.unsigned64 : valueForm.signed64, text };
};

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
