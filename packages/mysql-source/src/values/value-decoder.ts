import { noRoom } from '@millrace/core';
import { latin1Of } from './buffer-text.ts';
import { MalformedValue } from './malformed-value.ts';

/**
 * Reads the values of one column from rows of the log. `start` and `end` lie inside `bytes`. Every function throws
 * `MalformedValue` for bytes that are no such value, looks at nothing around them, and returns nothing that shares memory
 * with them.
 */
export interface ValueDecoder {
  /** One of `valueForm`, `other` unless told. */
  readonly form?: number;
  /**
   * Writes the canonical text as UTF-8 into `target` at `at`, and returns where it ends; `noValue.null` for a value that
   * stands for NULL, or `noRoom` when it may not fit.
   */
  write(bytes: Buffer, start: number, end: number, target: Buffer, at: number): number;
  /** The canonical text; `null` for a value that stands for NULL. */
  text(bytes: Buffer, start: number, end: number): string | null;
  /** The JavaScript value; `null` for a value that stands for NULL. */
  value(bytes: Buffer, start: number, end: number): unknown;
}

/** Values that are so frequent that who writes many of them does it without calling anybody. */
export const valueForm = {
  other: 0,
  /** The bytes are the text. */
  text: 1,
  /** A whole number in 1 to 4 bytes, low byte first. */
  unsigned: 2,
  signed: 3,
  /** In 8 bytes. */
  unsigned64: 4,
  signed64: 5,
} as const;

/** Writes a text that has room, and returns where it ends. */
export type WriteValue = (bytes: Buffer, start: number, end: number, target: Buffer, at: number) => number;

const longestShort = 512;
const scratch = Buffer.alloc(longestShort);

const byte = (at: number): number => scratch[at] ?? 0;

/** The text of ASCII in `scratch`. Up to twelve characters are put together in less time than a call into Node takes. */
const scratchText = (length: number): string => {
  if (length > 12) return latin1Of(scratch, 0, length);
  const first = String.fromCharCode(byte(0), byte(1), byte(2), byte(3), byte(4), byte(5));
  if (length <= 6) return first.slice(0, length);
  return (first + String.fromCharCode(byte(6), byte(7), byte(8), byte(9), byte(10), byte(11))).slice(0, length);
};

/** Makes a text of ASCII, of up to 512 characters, of what `write` writes. */
export const writtenText =
  (write: WriteValue): ValueDecoder['text'] =>
  (bytes, start, end) => {
    const length = write(bytes, start, end, scratch, 0);
    return length < 0 ? null : scratchText(length);
  };

/**
 * For values of `size` bytes whose texts are of ASCII and never longer than `room` characters, up to 512. `value`: what is
 * made of the text; without it the text itself. `make`: makes the same text faster than by writing it.
 */
export const shortDecoder = (
  size: number,
  room: number,
  write: WriteValue,
  value: (text: string) => unknown = (text) => text,
  make: ValueDecoder['text'] = writtenText(write),
): ValueDecoder => {
  const text = (bytes: Buffer, start: number, end: number): string | null => {
    requireSize(start, end, size);
    return make(bytes, start, end);
  };
  return {
    write: (bytes, start, end, target, at) => {
      if (at + room > target.length) return noRoom;
      if (end - start !== size) requireSize(start, end, size);
      return write(bytes, start, end, target, at);
    },
    text,
    value: (bytes, start, end) => {
      const made = text(bytes, start, end);
      return made === null ? null : value(made);
    },
  };
};

/** For values whose text is best made in one piece. */
export const textDecoder = (
  text: (bytes: Buffer, start: number, end: number) => string,
  value: (text: string) => unknown = (made) => made,
): ValueDecoder => ({
  write: (bytes, start, end, target, at) => writeUtf8(text(bytes, start, end), target, at),
  text,
  value: (bytes, start, end) => value(text(bytes, start, end)),
});

export const requireSize = (start: number, end: number, size: number): void => {
  if (end - start !== size) throw new MalformedValue(`it has ${end - start} bytes instead of ${size}`);
};

/** UTF-8 takes at most three bytes for what counts as one in a string. */
const writeUtf8 = (text: string, target: Buffer, at: number): number => {
  const room = target.length - at;
  if (text.length * 3 > room && (text.length > room || Buffer.byteLength(text) > room)) return noRoom;
  return at + target.write(text, at, 'utf8');
};
