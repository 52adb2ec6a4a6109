import { type BinaryText, fields } from './binary-text.ts';
import { MalformedValue } from './malformed-value.ts';
import type { ValueReader } from './value-reader.ts';

/** The families of addresses, whatever the system calls them (src/include/utils/inet.h). */
const addressLengths: Readonly<Record<number, number>> = { 2: 4, 3: 16 };

const bytesOf = (reader: ValueReader, length: number): readonly number[] => {
  const start = reader.take(length);
  return [...reader.bytes.subarray(start, start + length)];
};

/** The longest run of at least two zero words, the first of several. */
const longestZeros = (words: readonly number[]): { readonly start: number; readonly length: number } => {
  let best = { start: -1, length: 1 };
  let length = 0;
  for (const [index, word] of words.entries()) {
    length = word === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: index - length + 1, length };
  }
  return best;
};

/** An address of six zero words, or of five and ffff, ends as an IPv4 one (src/port/inet_net_ntop.c). */
const ipv6 = (address: readonly number[]): string => {
  const words = Array.from(
    { length: 8 },
    (_, index) => (address[index * 2] ?? 0) * 256 + (address[index * 2 + 1] ?? 0),
  );
  const { start, length } = longestZeros(words);
  const embedded = start === 0 && (length === 6 || (length === 5 && words[5] === 0xffff));
  const shown = words.map((word) => word.toString(16));
  if (embedded) shown.splice(6, 2, address.slice(12).join('.'));
  if (start < 0) return shown.join(':');
  return `${shown.slice(0, start).join(':')}::${shown.slice(start + length).join(':')}`;
};

/** An `inet` or `cidr`: family, bits of the network, which of the two, length, and the address. */
export const inetText: BinaryText = fields((reader) => {
  const family = reader.uint8();
  const bits = reader.uint8();
  const isNetwork = reader.uint8() === 1;
  const length = reader.uint8();
  if (length !== addressLengths[family] || bits > length * 8) throw new MalformedValue('not a network address');
  const address = bytesOf(reader, length);
  const text = length === 4 ? address.join('.') : ipv6(address);
  return isNetwork || bits < length * 8 ? `${text}/${bits}` : text;
});

/** A `macaddr` or `macaddr8`. */
export const hardwareAddressText = (length: 6 | 8): BinaryText =>
  fields((reader) =>
    bytesOf(reader, length)
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join(':'),
  );
