import { MalformedEvent } from './malformed-event.ts';

/**
 * The encodings of clients other than UTF-8 that Node decodes, by the number of the default collation of the character
 * set. A client's cannot be UCS-2, UTF-16 or UTF-32.
 */
const encodings: ReadonlyMap<number, string> = new Map([
  [1, 'big5'],
  [7, 'koi8-r'],
  [9, 'iso-8859-2'],
  [12, 'euc-jp'],
  [13, 'shift_jis'],
  [16, 'iso-8859-8'],
  [18, 'windows-874'],
  [19, 'euc-kr'],
  [22, 'koi8-u'],
  [24, 'gbk'],
  [25, 'iso-8859-7'],
  [26, 'windows-1250'],
  [28, 'gbk'],
  [30, 'iso-8859-9'],
  [36, 'ibm866'],
  [39, 'macintosh'],
  [41, 'iso-8859-13'],
  [51, 'windows-1251'],
  [57, 'windows-1256'],
  [59, 'windows-1257'],
  [95, 'shift_jis'],
  [97, 'euc-jp'],
  [248, 'gb18030'],
]);

/** dec8, cp850, hp8, swe7, armscii8, keybcs2, macce, cp852, geostd8. */
const undecodable: ReadonlySet<number> = new Set([3, 4, 6, 10, 32, 37, 38, 40, 92]);

const notAscii = /[\x80-\xff]/;

/** MySQL's latin1 is Windows-1252, which Node 20 decodes as ISO-8859-1. */
const latin1 = 8;
const windows1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/**
 * The text of a statement, which is in the character set of the client that sent it; `null`: the server's, UTF-8. Bytes
 * that are none of its characters, which only literals and comments can hold, become U+FFFD.
 */
export const decodeStatement = (bytes: Buffer, clientCollation: number | null): string => {
  if (clientCollation === latin1) return decodeLatin1(bytes);
  const encoding = clientCollation === null ? undefined : encodings.get(clientCollation);
  if (encoding === undefined && !undecodable.has(clientCollation ?? 0)) return bytes.toString('utf8');
  const text = bytes.toString('latin1');
  if (!notAscii.test(text)) return text;
  if (encoding === undefined)
    throw new MalformedEvent(
      `its statement is in the character set of collation ${clientCollation}, which is unknown here`,
    );
  return new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
};

const decodeLatin1 = (bytes: Buffer): string =>
  bytes.toString('latin1').replace(/[\x80-\x9f]/g, (character) => windows1252.charAt(character.charCodeAt(0) - 0x80));
