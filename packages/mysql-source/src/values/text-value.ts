import { isUtf8 } from 'node:buffer';
import { noRoom } from '@millrace/core';
import { latin1Of, utf8Of } from './buffer-text.ts';
import { MalformedValue } from './malformed-value.ts';
import { type ValueDecoder, valueForm } from './value-decoder.ts';

/** Up to here single bytes cost less than looking at what is copied. */
const fewBytes = 16;
/** From here on a call into Node costs less than copies in JavaScript. It leaves an object behind, which is garbage. */
const manyBytes = 128;
/** Memory as large as this is not held on to. */
const largeMemory = 1024 * 1024;

const viewOf = ({ buffer, byteOffset, length }: Buffer): DataView => new DataView(buffer, byteOffset, length);

let lastSource: Buffer = Buffer.alloc(0);
let lastTarget = lastSource;
let from = viewOf(lastSource);
let to = from;

/** Copies bytes for which there is room, and returns where the copy ends. */
export const putBytes = (bytes: Buffer, start: number, end: number, target: Buffer, at: number): number => {
  const length = end - start;
  const moved = at - start;
  let next = start;
  if (length > fewBytes) {
    if (length > manyBytes || bytes.length > largeMemory || target.length > largeMemory)
      return at + bytes.copy(target, at, start, end);
    if (bytes !== lastSource) {
      lastSource = bytes;
      from = viewOf(bytes);
    }
    if (target !== lastTarget) {
      lastTarget = target;
      to = viewOf(target);
    }
    for (; next + 4 <= end; next += 4) to.setInt32(next + moved, from.getInt32(next, true), true);
  }
  for (; next < end; next++) target[next + moved] = bytes[next] ?? 0;
  return end + moved;
};

/** Text that is UTF-8 already. */
export const utf8Decoder: ValueDecoder = {
  form: valueForm.text,
  write: (bytes, start, end, target, at) =>
    at + end - start > target.length ? noRoom : putBytes(bytes, start, end, target, at),
  text: (bytes, start, end) => utf8Text(bytes, start, end),
  value: (bytes, start, end) => utf8Text(bytes, start, end),
};

export const utf8Text = (bytes: Buffer, start: number, end: number): string => {
  const text = utf8Of(bytes, start, end);
  // What is no UTF-8 becomes this character, which text may also hold itself.
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, end))) throw new MalformedValue('it is not UTF-8');
  return text;
};

/**
 * Text in a character set that has ASCII and one byte for each character. `upper`: the characters of the bytes from 128 on;
 * U+FFFD where there is none.
 */
export const singleByteDecoder = (upper: string): ValueDecoder => {
  const codes = Uint16Array.from({ length: 128 }, (_, byte) => upper.charCodeAt(byte));
  const text = (bytes: Buffer, start: number, end: number): string => {
    let made = latin1Of(bytes, start, end);
    if (!hasUpper(bytes, start, end)) return made;
    made = '';
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0;
      made += String.fromCharCode(byte < 0x80 ? byte : codeOf(codes, byte));
    }
    return made;
  };
  return {
    write: (bytes, start, end, target, at) => {
      if (at + (end - start) * 3 > target.length) return noRoom;
      let to = at;
      for (let from = start; from < end; from++) {
        const byte = bytes[from] ?? 0;
        if (byte < 0x80) target[to++] = byte;
        else to = putCharacter(codeOf(codes, byte), target, to);
      }
      return to;
    },
    text,
    value: text,
  };
};

const hasUpper = (bytes: Buffer, start: number, end: number): boolean => {
  for (let at = start; at < end; at++) if ((bytes[at] ?? 0) >= 0x80) return true;
  return false;
};

const replacement = 0xfffd;

const codeOf = (codes: Uint16Array, byte: number): number => {
  const code = codes[byte - 0x80] ?? replacement;
  if (code === replacement) throw new MalformedValue(`byte ${byte} is no character of its character set`);
  return code;
};

/** Writes a character up to U+FFFF, and returns where it ends. */
export const putCharacter = (code: number, target: Buffer, at: number): number => {
  let to = at;
  if (code < 0x80) {
    target[to++] = code;
    return to;
  }
  if (code < 0x800) {
    target[to++] = 0xc0 | (code >> 6);
  } else {
    target[to++] = 0xe0 | (code >> 12);
    target[to++] = 0x80 | ((code >> 6) & 0x3f);
  }
  target[to++] = 0x80 | (code & 0x3f);
  return to;
};
