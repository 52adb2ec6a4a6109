import { MalformedValue } from './malformed-value.ts';
import { textDecoder, type ValueDecoder } from './value-decoder.ts';

/** The bytes of a value, which the log may have without the zeros at its end. */
const padded = (bytes: Buffer, start: number, end: number, size: number): Buffer => {
  if (end - start > size) throw new MalformedValue('it is too long');
  return Buffer.concat([bytes.subarray(start, end)], size);
};

/** MariaDB's UUID. */
export const uuidDecoder: ValueDecoder = textDecoder((bytes, start, end) =>
  padded(bytes, start, end, 16)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
);

/** MariaDB's INET4. */
export const inet4Decoder: ValueDecoder = textDecoder((bytes, start, end) => padded(bytes, start, end, 4).join('.'));

const groups = 8;

/** Where the longest run of zeros begins, the first of those, and how long it is. */
const zeroRun = (words: readonly number[]): { readonly start: number; readonly length: number } => {
  let longest = { start: -1, length: 0 };
  for (let start = 0; start < groups; start++) {
    let length = 0;
    while (words[start + length] === 0) length++;
    if (length > longest.length) longest = { start, length };
  }
  return longest;
};

/** MariaDB's INET6: the longest run of zeros is left out; what stands for an address of version 4 ends like one. */
export const inet6Decoder: ValueDecoder = textDecoder((bytes, start, end) => {
  const address = padded(bytes, start, end, 16);
  const words = Array.from({ length: groups }, (_, group) => address.readUInt16BE(group * 2));
  const { start: first, length } = zeroRun(words);
  const isIpv4 = first === 0 && (length === 6 || (length === 5 && words[5] === 0xffff));
  const last = isIpv4 ? 6 : groups;
  let text = '';
  for (let group = 0; group < last; ) {
    if (group === first) {
      text += '::';
      group += length;
    } else {
      text += `${text === '' || text.endsWith(':') ? '' : ':'}${words[group]?.toString(16)}`;
      group += 1;
    }
  }
  if (!isIpv4) return text;
  return `${text.endsWith(':') ? text : `${text}:`}${address.subarray(12).join('.')}`;
});
