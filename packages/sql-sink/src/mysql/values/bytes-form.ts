import { rejectedValue } from './rejected-value.ts';
import type { ValueForm } from './value-form.ts';

const reason = String.raw`it is no bytes: \x and hexadecimal digits`;

const quote = 0x27;

/** 1 for the characters of hexadecimal digits. */
const isDigit = Uint8Array.from({ length: 256 }, (_, byte) => (/[\da-f]/i.test(String.fromCharCode(byte)) ? 1 : 0));

/** Copies the digits behind `\x`. */
const copyDigits: ValueForm['writeField'] = (source, start, end, target, at) => {
  if (source[start] !== 0x5c || source[start + 1] !== 0x78 || (end - start) % 2 === 1) throw rejectedValue(reason);
  for (let from = start + 2; from < end; from++) if (isDigit[source[from] ?? 0] === 0) throw rejectedValue(reason);
  return at + source.copy(target, at, start + 2, end);
};

/** Bytes, of a variable that holds their hexadecimal digits. */
export const unhex = (variable: string): string => `UNHEX(${variable})`;

/** Of texts that say bytes, `\x` and hexadecimal digits. */
export const bytesForm: ValueForm = {
  literal: (text) => {
    const digits = text.slice(2);
    if (!text.startsWith('\\x') || digits.length % 2 === 1 || /[^\da-f]/i.test(digits)) throw rejectedValue(reason);
    return `x'${digits}'`;
  },
  writeLiteral: (source, start, end, target, at) => {
    target[at] = 0x78;
    target[at + 1] = quote;
    const to = copyDigits(source, start, end, target, at + 2);
    target[to] = quote;
    return to + 1;
  },
  writeField: copyDigits,
  mostBytes: (length) => length + 1,
  loaded: unhex,
};
