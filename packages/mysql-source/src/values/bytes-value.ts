import { noRoom } from '@millrace/core';
import { MalformedValue } from './malformed-value.ts';
import type { ValueDecoder } from './value-decoder.ts';

const [backslash, x, zero] = [0x5c, 0x78, 0x30] as const;
/** From here on Node writes hexadecimal digits faster. */
const long = 64;

const nibble = (value: number): number => value + (value < 10 ? zero : 0x61 - 10);

/** Writes `\x` and the digits of bytes for which there is room. */
const putHex = (bytes: Buffer, start: number, end: number, target: Buffer, at: number): number => {
  target[at] = backslash;
  target[at + 1] = x;
  let to = at + 2;
  if (end - start >= long) return to + target.write(bytes.toString('hex', start, end), to, 'latin1');
  for (let from = start; from < end; from++) {
    const byte = bytes[from] ?? 0;
    target[to++] = nibble(byte >> 4);
    target[to++] = nibble(byte & 15);
  }
  return to;
};

/** Bytes as they are. The JavaScript value is a Buffer, a copy. */
export const bytesDecoder: ValueDecoder = {
  write: (bytes, start, end, target, at) =>
    at + 2 + (end - start) * 2 > target.length ? noRoom : putHex(bytes, start, end, target, at),
  text: (bytes, start, end) => `\\x${bytes.toString('hex', start, end)}`,
  value: (bytes, start, end) => Buffer.from(bytes.subarray(start, end)),
};

/** BINARY: the log leaves the zeros at its end out. */
export const paddedBytesDecoder = (length: number): ValueDecoder => {
  const missing = (start: number, end: number): number => {
    if (end - start > length) throw new MalformedValue('it is longer than its column');
    return length - (end - start);
  };
  return {
    write: (bytes, start, end, target, at) => {
      const zeros = missing(start, end) * 2;
      if (at + 2 + length * 2 > target.length) return noRoom;
      const to = putHex(bytes, start, end, target, at);
      target.fill(zero, to, to + zeros);
      return to + zeros;
    },
    text: (bytes, start, end) => `\\x${bytes.toString('hex', start, end)}${'00'.repeat(missing(start, end))}`,
    value: (bytes, start, end) =>
      Buffer.concat([bytes.subarray(start, end), Buffer.alloc(missing(start, end))], length),
  };
};
