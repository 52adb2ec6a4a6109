import { noRoom } from '@millrace/core';
import { MalformedValue } from './malformed-value.ts';
import { putBytes } from './text-value.ts';
import { textDecoder, type ValueDecoder } from './value-decoder.ts';

/** What a number or bit of an ENUM or SET stands for; `null`: that is not certain. */
export type ListedValue = string | null;

const uncertain = () =>
  new MalformedValue(
    'its type has a question mark there, which MySQL shows for some characters, and the log does not list its values; set binlog_row_metadata = FULL',
  );

/** ENUM: the number of one of `values`, in one byte or two; 0 is the empty text of an invalid value. */
export const enumDecoder = (values: readonly ListedValue[]): ValueDecoder => {
  const texts = ['', ...values];
  const encoded = texts.map((text) => Buffer.from(text ?? ''));
  const numberOf = (bytes: Buffer, start: number, end: number): number => {
    if (end - start !== 1 && end - start !== 2) throw new MalformedValue('it is no ENUM');
    const number = end - start === 1 ? (bytes[start] ?? 0) : bytes.readUInt16LE(start);
    if (number >= texts.length) throw new MalformedValue('its column has no such value');
    if (texts[number] === null) throw uncertain();
    return number;
  };
  const text = (bytes: Buffer, start: number, end: number) => texts[numberOf(bytes, start, end)] ?? '';
  return {
    write: (bytes, start, end, target, at) => {
      const value = encoded[numberOf(bytes, start, end)];
      if (value === undefined || at + value.length > target.length) return noRoom;
      return putBytes(value, 0, value.length, target, at);
    },
    text,
    value: text,
  };
};

/** SET: a bit for each of `values`, in 1 to 8 bytes. Its text are the values that are set, with commas between them. */
export const setDecoder = (values: readonly ListedValue[]): ValueDecoder => {
  const text = (bytes: Buffer, start: number, end: number): string => {
    if (end - start > 8 || (end - start) * 8 < values.length) throw new MalformedValue('it is no SET');
    let made = '';
    for (let bit = 0; bit < (end - start) * 8; bit++) {
      if ((((bytes[start + (bit >> 3)] ?? 0) >> (bit & 7)) & 1) === 0) continue;
      const value = values[bit];
      if (value === undefined) throw new MalformedValue('its column has no such value');
      if (value === null) throw uncertain();
      made = made === '' ? value : `${made},${value}`;
    }
    return made;
  };
  return textDecoder(text);
};
