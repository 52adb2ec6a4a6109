import { MalformedValue } from '../values/malformed-value.ts';
import { singleByteDecoder, utf8Decoder } from '../values/text-value.ts';
import { textDecoder, type ValueDecoder } from '../values/value-decoder.ts';
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

const decoders = new Map<string, ValueDecoder>([
  ['utf8mb4', utf8Decoder],
  ['utf8mb3', utf8Decoder],
  ['ascii', singleByteDecoder('\ufffd'.repeat(128))],
  ['ucs2', textDecoder(utf16)],
  ['utf16', textDecoder(utf16)],
  ['utf16le', textDecoder(utf16le)],
  ['utf32', textDecoder(utf32)],
]);

/** Reads text in a character set of the servers; `undefined` for one that cannot be read with certainty. */
export const characterSetDecoder = (set: string): ValueDecoder | undefined => {
  const known = decoders.get(set);
  const characters = singleByteCharacters[set];
  if (known !== undefined || characters === undefined) return known;
  const decoder = singleByteDecoder(characters);
  decoders.set(set, decoder);
  return decoder;
};
