import { MalformedValue } from '../values/malformed-value.ts';
import { singleByteDecoder, utf8Decoder } from '../values/text-value.ts';
import { textDecoder, type ValueDecoder } from '../values/value-decoder.ts';
import { doubleByteDecoder } from './double-byte-decoder.ts';
import { doubleByteSets } from './double-byte-sets.ts';
import { gb18030Decoder } from './gb18030-decoder.ts';
import { singleByteCharacters } from './single-byte-characters.ts';

type DecodeText = (bytes: Buffer, start: number, end: number) => string;

const swapped = (bytes: Buffer, start: number, end: number, unit: number): Buffer => {
  if ((end - start) % unit !== 0) throw new MalformedValue('it ends inside a character');
  return Buffer.from(bytes.subarray(start, end)).swap16();
};

const wellFormed = (text: string): string => {
  if (!text.isWellFormed()) throw new MalformedValue('it holds half of a surrogate pair');
  return text;
};

const utf16: DecodeText = (bytes, start, end) => wellFormed(swapped(bytes, start, end, 2).toString('utf16le'));

const utf16le: DecodeText = (bytes, start, end) => {
  if ((end - start) % 2 !== 0) throw new MalformedValue('it ends inside a character');
  return wellFormed(bytes.toString('utf16le', start, end));
};

const utf32: DecodeText = (bytes, start, end) => {
  if ((end - start) % 4 !== 0) throw new MalformedValue('it ends inside a character');
  let text = '';
  for (let at = start; at < end; at += 4) {
    const code = bytes.readUInt32BE(at);
    if (code > 0x10ffff) throw new MalformedValue('it is not UTF-32');
    text += String.fromCodePoint(code);
  }
  return wellFormed(text);
};

/** ASCII with Swedish letters in some places. */
const swe7: Readonly<Record<string, string>> = {
  '@': 'É',
  '[': 'Ä',
  '\\': 'Ö',
  ']': 'Å',
  '^': 'Ü',
  '`': 'é',
  '{': 'ä',
  '|': 'ö',
  '}': 'å',
  '~': 'ü',
};

const swe7Decoder = textDecoder((bytes, start, end) => {
  const text = bytes.toString('latin1', start, end);
  if (/[\x7f-\xff]/.test(text)) throw new MalformedValue('it holds what is no character of its character set');
  return text.replace(/[@[\\\]^`{|}~]/g, (character) => swe7[character] ?? character);
});

const decoders = new Map<string, ValueDecoder>([
  ['utf8mb4', utf8Decoder],
  ['utf8mb3', utf8Decoder],
  ['ascii', singleByteDecoder('\ufffd'.repeat(128))],
  ['ucs2', textDecoder(utf16)],
  ['utf16', textDecoder(utf16)],
  ['utf16le', textDecoder(utf16le)],
  ['utf32', textDecoder(utf32)],
]);

const made = (set: string): ValueDecoder | undefined => {
  if (set === 'swe7') return swe7Decoder;
  const characters = singleByteCharacters[set];
  if (characters !== undefined) return singleByteDecoder(characters);
  const doubleByte = doubleByteSets[set];
  try {
    if (set === 'gb18030') return gb18030Decoder();
    return doubleByte && doubleByteDecoder(doubleByte);
  } catch (error) {
    // Node was built without the encoding.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};

/** Reads text in a character set of the servers; `undefined` for one that is not known. */
export const characterSetDecoder = (set: string): ValueDecoder | undefined => {
  const decoder = decoders.get(set) ?? made(set);
  if (decoder !== undefined) decoders.set(set, decoder);
  return decoder;
};
