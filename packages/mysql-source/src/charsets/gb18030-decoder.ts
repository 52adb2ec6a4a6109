import { MalformedValue } from '../values/malformed-value.ts';
import { textDecoder, type ValueDecoder } from '../values/value-decoder.ts';

/** Characters of two bytes that MySQL (9.7) has for the user's own; a later edition gave them others, which Node has. */
const differing: ReadonlyMap<number, string> = new Map([
  [0xa3a0, '\ue5e5'],
  [0xa6d9, '\ue78d'],
  [0xa6da, '\ue78e'],
  [0xa6db, '\ue78f'],
  [0xa6dc, '\ue790'],
  [0xa6dd, '\ue791'],
  [0xa6de, '\ue792'],
  [0xa6df, '\ue793'],
  [0xa6ec, '\ue794'],
  [0xa6ed, '\ue795'],
  [0xa6f3, '\ue796'],
  [0xfe59, '\ue81e'],
  [0xfe61, '\ue826'],
  [0xfe66, '\ue82b'],
  [0xfe67, '\ue82c'],
  [0xfe6d, '\ue832'],
  [0xfe7e, '\ue843'],
  [0xfe90, '\ue854'],
  [0xfea0, '\ue864'],
]);

/** Of a character that begins with `lead`; the second byte of one of four bytes is a digit. */
const sizeOf = (lead: number, second: number): number => {
  if (lead < 0x80) return 1;
  return second >= 0x30 && second <= 0x39 ? 4 : 2;
};

/**
 * Reads text in gb18030 as MySQL converts it. Throws a `RangeError` where Node does not know the encoding, which it was then
 * built without.
 */
export const gb18030Decoder = (): ValueDecoder => {
  const decoder = new TextDecoder('gb18030', { fatal: true, ignoreBOM: true });
  const decode = (bytes: Buffer, start: number, end: number): string => {
    try {
      return decoder.decode(bytes.subarray(start, end));
    } catch {
      throw new MalformedValue('it holds what is no character of its character set');
    }
  };
  return textDecoder((bytes, start, end) => {
    let text = '';
    let from = start;
    for (let at = start; at < end; ) {
      const lead = bytes[at] ?? 0;
      // Node takes it for a sign of another set.
      if (lead === 0x80) throw new MalformedValue('it holds what is no character of its character set');
      const second = at + 1 < end ? (bytes[at + 1] ?? 0) : 0;
      const size = sizeOf(lead, second);
      const own = size === 2 ? differing.get((lead << 8) | second) : undefined;
      if (own !== undefined) {
        text += decode(bytes, from, at) + own;
        from = at + size;
      }
      at += size;
    }
    return text + decode(bytes, from, end);
  });
};
