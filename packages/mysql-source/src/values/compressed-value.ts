import { inflateRawSync, inflateSync } from 'node:zlib';
import { MalformedValue } from './malformed-value.ts';
import type { ValueDecoder } from './value-decoder.ts';

/** In the first byte: the method, whether the zlib format is left out, and the bytes of the length. */
const [methodMask, rawFlag, sizeMask] = [0xf0, 0x08, 0x07] as const;
const zlib = 0x80;

/** zlib makes at most this much of one byte: what a value claims beyond is not believed. */
const largestRatio = 1_032;

const inflated = (bytes: Buffer, start: number, end: number): Buffer => {
  if (start === end) return bytes.subarray(start, end);
  const header = bytes[start] ?? 0;
  if (header === 0) return bytes.subarray(start + 1, end);
  const size = header & sizeMask;
  const data = start + 1 + size;
  if ((header & methodMask) !== zlib || size < 1 || size > 4 || data > end)
    throw new MalformedValue('it is compressed in an unknown way');
  const length = bytes.readUIntBE(start + 1, size);
  if (length > (end - data) * largestRatio) throw new MalformedValue('it claims to be longer than it can be');
  const inflate = (header & rawFlag) === 0 ? inflateSync : inflateRawSync;
  let made: Buffer;
  try {
    made = inflate(bytes.subarray(data, end), { maxOutputLength: Math.max(1, length) });
  } catch {
    throw new MalformedValue('it cannot be inflated');
  }
  if (made.length !== length) throw new MalformedValue('it has another length than it says');
  return made;
};

/** A value of a column of MariaDB's that is COMPRESSED. */
export const compressedDecoder = ({ write, text, value }: ValueDecoder): ValueDecoder => {
  const of =
    <T extends unknown[], R>(read: (bytes: Buffer, start: number, end: number, ...rest: T) => R) =>
    (bytes: Buffer, start: number, end: number, ...rest: T): R => {
      const plain = inflated(bytes, start, end);
      return read(plain, 0, plain.length, ...rest);
    };
  return { write: of(write), text: of(text), value: of(value) };
};
