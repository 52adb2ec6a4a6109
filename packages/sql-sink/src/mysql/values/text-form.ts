import { quoteLiteral } from '@millrace/mysql-client';
import { rejectedValue } from './rejected-value.ts';
import type { ValueForm } from './value-form.ts';

/** The longest text of a column. */
export type TextLimit = { readonly characters: number } | { readonly bytes: number };

const [zero, tab, lineFeed, space, quote, backslash] = [0, 9, 10, 0x20, 0x27, 0x5c] as const;

/** What is written behind a backslash, by what it stands for. */
const escapes = (entries: readonly (readonly [number, string])[]): Uint8Array => {
  const table = new Uint8Array(256);
  for (const [byte, character] of entries) table[byte] = character.charCodeAt(0);
  return table;
};
const inLiteral = escapes([
  [zero, '0'],
  [quote, "'"],
  [backslash, '\\'],
]);
const inField = escapes([
  [zero, '0'],
  [tab, 't'],
  [lineFeed, 'n'],
  [backslash, '\\'],
]);

const escaped = (table: Uint8Array, source: Buffer, start: number, end: number, target: Buffer, at: number): number => {
  let to = at;
  for (let from = start; from < end; from++) {
    const byte = source[from] ?? 0;
    const letter = table[byte] ?? 0;
    if (letter === 0) target[to++] = byte;
    else {
      target[to++] = backslash;
      target[to++] = letter;
    }
  }
  return to;
};

const isTooLong = (source: Buffer, start: number, end: number, limit: TextLimit): boolean => {
  if ('bytes' in limit) return end - start > limit.bytes;
  let count = 0;
  for (let at = start; at < end; at++) if (((source[at] ?? 0) & 0xc0) !== 0x80) count++;
  return count > limit.characters;
};

/** Text as it is. `limit`: the server would cut off spaces beyond it without an error. */
export const textForm = (limit: TextLimit | null): ValueForm => {
  const check = (source: Buffer, start: number, end: number): void => {
    if (limit !== null && source[end - 1] === space && end > start && isTooLong(source, start, end, limit))
      throw rejectedValue('it is longer than the column');
  };
  return {
    literal: (text) => {
      if (text.endsWith(' ')) {
        const bytes = Buffer.from(text);
        check(bytes, 0, bytes.length);
      }
      return quoteLiteral(text);
    },
    writeLiteral: (source, start, end, target, at) => {
      check(source, start, end);
      target[at] = quote;
      const to = escaped(inLiteral, source, start, end, target, at + 1);
      target[to] = quote;
      return to + 1;
    },
    writeField: (source, start, end, target, at) => {
      check(source, start, end);
      return escaped(inField, source, start, end, target, at);
    },
    mostBytes: (length) => length * 2 + 2,
    loaded: null,
  };
};
