import { noRoom } from '@millrace/core';
import { MalformedValue } from '../values/malformed-value.ts';
import { putCharacter } from '../values/text-value.ts';
import type { ValueDecoder } from '../values/value-decoder.ts';
import type { DoubleByteSet } from './double-byte-sets.ts';

/** Introduces a character of three bytes. */
const threeBytes = 0x8f;
const none = 0;

/** By the bytes of a character, the lowest 16 bits of their number, its code; 0: there is no such character. */
interface Characters {
  readonly one: Uint16Array;
  readonly two: Uint16Array;
  readonly three: Uint16Array | null;
}

const charactersOf = ({ encoding, three, differing }: DoubleByteSet): Characters => {
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  const codeOf = (...bytes: readonly number[]): number => {
    const text = decoder.decode(Uint8Array.from(bytes));
    return text.length === 1 && text !== '\ufffd' ? text.charCodeAt(0) : none;
  };
  // Of what is not ASCII only the narrow Japanese letters have one byte.
  const one = Uint16Array.from({ length: 256 }, (_, byte) => {
    const code = codeOf(byte);
    return code >= 0xff61 && code <= 0xff9f ? code : none;
  });
  const all = (...lead: readonly number[]): Uint16Array => {
    const codes = new Uint16Array(0x1_0000);
    for (let bytes = 0x8030; bytes < codes.length; bytes++)
      if ((bytes & 0xff) >= 0x30) codes[bytes] = codeOf(...lead, bytes >> 8, bytes & 0xff);
    return codes;
  };
  const characters = { one, two: all(), three: three === true ? all(threeBytes) : null };
  for (const [bytes, character] of differing()) {
    const codes = bytes > 0xffff ? characters.three : characters.two;
    if (codes !== null) codes[bytes & 0xffff] = character === '' ? none : character.charCodeAt(0);
  }
  return characters;
};

/**
 * Reads text of a set as the servers convert it. Throws a `RangeError` where Node does not know the encoding, which it was
 * then built without.
 */
export const doubleByteDecoder = (set: DoubleByteSet): ValueDecoder => {
  const { one, two, three } = charactersOf(set);
  const write: ValueDecoder['write'] = (bytes, start, end, target, at) => {
    // A byte is half a character, but for those of one byte that take three.
    if (at + (end - start) * 3 > target.length) return noRoom;
    let to = at;
    for (let from = start; from < end; ) {
      const lead = bytes[from] ?? 0;
      if (lead < 0x80) {
        target[to++] = lead;
        from += 1;
        continue;
      }
      let code = one[lead] ?? none;
      let size = 1;
      if (code === none) {
        const isThree = lead === threeBytes && three !== null;
        size = isThree ? 3 : 2;
        const [codes, first] = isThree ? [three, from + 1] : [two, from];
        if (from + size <= end) code = codes[((bytes[first] ?? 0) << 8) | (bytes[first + 1] ?? 0)] ?? none;
      }
      if (code === none) throw new MalformedValue('it holds what is no character of its character set');
      to = putCharacter(code, target, to);
      from += size;
    }
    return to;
  };
  const text = (bytes: Buffer, start: number, end: number): string => {
    const target = Buffer.allocUnsafe((end - start) * 3);
    return target.toString('utf8', 0, write(bytes, start, end, target, 0));
  };
  return { write, text, value: text };
};
