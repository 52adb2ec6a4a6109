import { shortDecoder, type ValueDecoder } from './value-decoder.ts';

/** BIT(n), as text of so many zeros and ones. */
export const bitDecoder = (length: number): ValueDecoder => {
  const size = Math.ceil(length / 8);
  return shortDecoder(size, length, (bytes, start, _, target, at) => {
    for (let bit = 0; bit < length; bit++) {
      const place = length - 1 - bit;
      const byte = bytes[start + size - 1 - (place >> 3)] ?? 0;
      target[at + bit] = 0x30 + ((byte >> (place & 7)) & 1);
    }
    return at + length;
  });
};
