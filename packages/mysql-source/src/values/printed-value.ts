import { noRoom } from '@millrace/core';
import { isDate } from './temporal-text.ts';
import { putBytes } from './text-value.ts';
import { type ValueDecoder, valueForm } from './value-decoder.ts';
import type { PutZeroDate } from './zero-dates.ts';

/*
 * Values as the server prints them, in ASCII.
 */

/** Whose text is the canonical one. `value`: what is made of it; without it the text itself. */
export const printedDecoder = (value: (text: string) => unknown = (text) => text): ValueDecoder => ({
  form: valueForm.text,
  write: (bytes, start, end, target, at) =>
    at + end - start > target.length ? noRoom : putBytes(bytes, start, end, target, at),
  text: (bytes, start, end) => bytes.toString('latin1', start, end),
  value: (bytes, start, end) => value(bytes.toString('latin1', start, end)),
});

const dateLength = 10;
const [zero, nine] = [0x30, 0x39] as const;

const numberAt = (bytes: Buffer, start: number, end: number): number => {
  let number = 0;
  for (let at = start; at < end; at++) number = number * 10 + (bytes[at] ?? zero) - zero;
  return number;
};

/** Writes the time of day behind a date that does not exist as midnight, with as many digits. */
const putMidnight = (bytes: Buffer, start: number, end: number, target: Buffer, at: number): number => {
  let to = at;
  for (let from = start; from < end; from++) {
    const byte = bytes[from] ?? zero;
    target[to++] = byte >= zero && byte <= nine ? zero : byte;
  }
  return to;
};

/**
 * A date, or a date and a time of day, with `zone` behind it where that is not empty. `putZero`: writes what stands for a
 * date that the calendar does not have.
 */
export const printedDateDecoder = (
  putZero: PutZeroDate,
  zone: string,
  value: (text: string) => unknown,
): ValueDecoder => {
  const suffix = Buffer.from(zone);
  const scratch = Buffer.alloc(64);
  const put: ValueDecoder['write'] = (bytes, start, end, target, at) => {
    if (at + end - start + suffix.length > target.length) return noRoom;
    const year = numberAt(bytes, start, start + 4);
    const month = numberAt(bytes, start + 5, start + 7);
    const day = numberAt(bytes, start + 8, start + dateLength);
    let to: number;
    if (isDate(year, month, day)) to = putBytes(bytes, start, end, target, at);
    else {
      to = putZero(target, at);
      if (to < 0) return to;
      to = putMidnight(bytes, start + dateLength, end, target, to);
    }
    return putBytes(suffix, 0, suffix.length, target, to);
  };
  const text = (bytes: Buffer, start: number, end: number): string | null => {
    const length = put(bytes, start, end, scratch, 0);
    return length < 0 ? null : scratch.toString('latin1', 0, length);
  };
  return {
    write: put,
    text,
    value: (bytes, start, end) => {
      const made = text(bytes, start, end);
      return made === null ? null : value(made);
    },
  };
};
