import { MalformedValue } from './malformed-value.ts';
import { MinuteText } from './minute-text.ts';
import { dateOfDays, isDate, putDate, putMinus, putSpace, putTime } from './temporal-text.ts';
import { shortDecoder, type ValueDecoder, type WriteValue, writtenText } from './value-decoder.ts';
import type { PutZeroDate } from './zero-dates.ts';

/** A time with its sign, and what stands behind it. */
const room = 40;

/** Fractions lie in a byte for every two digits. */
export const fractionSize = (digits: number): number => (digits + 1) >> 1;

const bigEndian = (bytes: Buffer, start: number, size: number): number => {
  let value = 0;
  for (let at = start; at < start + size; at++) value = value * 256 + (bytes[at] ?? 0);
  return value;
};

const microsecondsPerUnit = [1_000_000, 10_000, 100, 1] as const;

const million = 1_000_000;
const checkFraction = (microseconds: number): number => {
  if (microseconds >= million) throw new MalformedValue('its fraction of a second is too large');
  return microseconds;
};

const fraction = (bytes: Buffer, start: number, size: number): number =>
  size === 0 ? 0 : checkFraction(bigEndian(bytes, start, size) * (microsecondsPerUnit[size] ?? 0));

export const isoTimestamp = (text: string): string => text.replace(' ', 'T');
export const isoTimestamptz = (text: string): string => text.replace(' ', 'T').replace('+00', 'Z');

/** DATE: day, month and year in 5, 4 and 15 bits. */
export const dateDecoder = (putZero: PutZeroDate): ValueDecoder =>
  shortDecoder(3, room, (bytes, start, _, target, at) => {
    const packed = (bytes[start] ?? 0) | ((bytes[start + 1] ?? 0) << 8) | ((bytes[start + 2] ?? 0) << 16);
    const year = packed >> 9;
    const month = (packed >> 5) & 15;
    const day = packed & 31;
    if (year > 9999) throw new MalformedValue('its year is after 9999');
    return isDate(year, month, day) ? putDate(year, month, day, target, at) : putZero(target, at);
  });

/** Writes a date and a time of day, `year * 512 + month * 32 + day` and `hours * 4096 + minutes * 64 + seconds`. */
export const datetimeWriter =
  (digits: number, putZero: PutZeroDate) =>
  (date: number, time: number, microseconds: number, target: Buffer, at: number): number => {
    const hours = time >> 12;
    const minutes = (time >> 6) & 63;
    const seconds = time & 63;
    if (hours > 23 || minutes > 59 || seconds > 59) throw new MalformedValue('it is no time of day');
    const year = date >> 9;
    const month = (date >> 5) & 15;
    const day = date & 31;
    if (year > 9999) throw new MalformedValue('its year is after 9999');
    if (isDate(year, month, day)) {
      const to = putSpace(target, putDate(year, month, day, target, at));
      return putTime(hours, minutes, seconds, microseconds, digits, target, to);
    }
    // The day that stands for one that does not exist begins at midnight.
    const to = putZero(target, at);
    return to < 0 ? to : putTime(0, 0, 0, 0, digits, target, putSpace(target, to));
  };

/** DATETIME with `digits` digits behind the second: in five bytes year and month together, day, hours, minutes, seconds. */
export const datetimeDecoder = (digits: number, putZero: PutZeroDate): ValueDecoder => {
  const put = datetimeWriter(digits, putZero);
  const size = fractionSize(digits);
  const write: WriteValue = (bytes, start, _, target, at) =>
    put(dateAt(bytes, start), timeAt(bytes, start), fraction(bytes, start + 5, size), target, at);
  const written = writtenText(write);
  const latest = new MinuteText(digits, '');
  return shortDecoder(5 + size, room, write, isoTimestamp, (bytes, start, end) => {
    const date = dateAt(bytes, start);
    const time = timeAt(bytes, start);
    const minute = date * minutesOfDate + (time >> 6);
    if (minute === latest.minute && (time & 63) < 60) return latest.text(time & 63, fraction(bytes, start + 5, size));
    const text = written(bytes, start, end);
    if (text !== null && isDate(date >> 9, (date >> 5) & 15, date & 31)) latest.remember(minute, text);
    return text;
  });
};

/** More than the hours and minutes that `timeAt` can say. */
const minutesOfDate = 2 ** 11;

const dateAt = (bytes: Buffer, start: number): number => {
  const first = bytes[start] ?? 0;
  if (first < 0x80) throw new MalformedValue('it is negative');
  const months = ((first & 0x7f) << 10) | ((bytes[start + 1] ?? 0) << 2) | ((bytes[start + 2] ?? 0) >> 6);
  const year = Math.floor(months / 13);
  return year * 512 + (months - year * 13) * 32 + (((bytes[start + 2] ?? 0) >> 1) & 31);
};

const timeAt = (bytes: Buffer, start: number): number =>
  (((bytes[start + 2] ?? 0) & 1) << 16) | ((bytes[start + 3] ?? 0) << 8) | (bytes[start + 4] ?? 0);

/** The older form: the decimal number YYYYMMDDhhmmss in eight bytes. */
export const oldDatetimeDecoder = (putZero: PutZeroDate): ValueDecoder => {
  const put = datetimeWriter(0, putZero);
  return shortDecoder(
    8,
    room,
    (bytes, start, _, target, at) => {
      const number = bytes.readUInt32LE(start + 4) * 2 ** 32 + bytes.readUInt32LE(start);
      if (number > 99_999_999_999_999) throw new MalformedValue('it has too many digits');
      const dateNumber = Math.floor(number / million);
      return put(packedDate(dateNumber), packedTime(number - dateNumber * million), 0, target, at);
    },
    isoTimestamp,
  );
};

const packedDate = (number: number): number => {
  const [month, day] = [Math.floor(number / 100) % 100, number % 100];
  // Neither fits its bits, and the calendar has no such date.
  if (month > 12 || day > 31) return 0;
  return Math.floor(number / 10_000) * 512 + month * 32 + day;
};

const packedTime = (number: number): number => {
  const [hours, minutes, seconds] = [Math.floor(number / 10_000), Math.floor(number / 100) % 100, number % 100];
  if (minutes > 59 || seconds > 59) throw new MalformedValue('it is no time of day');
  return hours * 4096 + minutes * 64 + seconds;
};

const secondsOfDay = 86_400;

let latestDays = 0;
let latestDate = dateOfDays(latestDays);

/** As `dateOfDays`. Most rows are of the same day as the one before. */
const dateOf = (days: number): number => {
  if (days !== latestDays) {
    latestDays = days;
    latestDate = dateOfDays(days);
  }
  return latestDate;
};

/** Writes seconds since 1970 and microseconds as a date and time of day in UTC. */
export const putTimestamp = (digits: number, putZero: PutZeroDate) => {
  const put = datetimeWriter(digits, putZero);
  return (count: number, microseconds: number, target: Buffer, at: number): number => {
    if (microseconds >= million) throw new MalformedValue('its fraction of a second is too large');
    const days = Math.floor(count / secondsOfDay);
    const rest = count - days * secondsOfDay;
    const hours = Math.floor(rest / 3600);
    const minutes = Math.floor(rest / 60) - hours * 60;
    // The beginning of 1970 stands for the date of zeros.
    const date = count === 0 && microseconds === 0 ? 0 : dateOf(days);
    const to = put(date, hours * 4096 + minutes * 64 + (rest % 60), microseconds, target, at);
    if (to < 0) return to;
    target[to] = 0x2b;
    target[to + 1] = 0x30;
    target[to + 2] = 0x30;
    return to + 3;
  };
};

const timestamp = (
  digits: number,
  putZero: PutZeroDate,
  seconds: (bytes: Buffer, start: number) => number,
): ValueDecoder => {
  const put = putTimestamp(digits, putZero);
  const size = fractionSize(digits);
  const write: WriteValue = (bytes, start, _, target, at) =>
    put(seconds(bytes, start), fraction(bytes, start + 4, size), target, at);
  const written = writtenText(write);
  const latest = new MinuteText(digits, '+00');
  return shortDecoder(4 + size, room, write, isoTimestamptz, (bytes, start, end) => {
    const count = seconds(bytes, start);
    const minute = Math.floor(count / 60);
    if (minute === latest.minute) return latest.text(count - minute * 60, fraction(bytes, start + 4, size));
    const text = written(bytes, start, end);
    // In the first one there is what stands for the date of zeros.
    if (text !== null && minute > 0) latest.remember(minute, text);
    return text;
  });
};

/** TIMESTAMP: seconds since 1970 without a sign, so that it reaches 2106 where the server does. */
export const timestampDecoder = (digits: number, putZero: PutZeroDate): ValueDecoder =>
  timestamp(digits, putZero, (bytes, start) => bigEndian(bytes, start, 4));

export const oldTimestampDecoder = (putZero: PutZeroDate): ValueDecoder =>
  timestamp(0, putZero, (bytes, start) => bytes.readUInt32LE(start));

/** Writes a time of so many hours, minutes and seconds, packed as for `datetimeWriter`. */
export const putSignedTime = (
  isNegative: boolean,
  time: number,
  microseconds: number,
  digits: number,
  target: Buffer,
  at: number,
) => {
  const [hours, minutes, seconds] = [(time >> 12) & 1023, (time >> 6) & 63, time & 63];
  if (minutes > 59 || seconds > 59) throw new MalformedValue('it is no time');
  return putTime(hours, minutes, seconds, microseconds, digits, target, isNegative ? putMinus(target, at) : at);
};

/** TIME: hours, minutes and seconds in 10, 6 and 6 bits, and the fraction, as one number. */
export const timeDecoder = (digits: number): ValueDecoder => {
  const size = fractionSize(digits);
  const units = 256 ** size;
  return shortDecoder(3 + size, room, (bytes, start, _, target, at) => {
    const number = bigEndian(bytes, start, 3 + size) - 0x80_0000 * units;
    const magnitude = Math.abs(number);
    const time = Math.floor(magnitude / units);
    const microseconds = checkFraction((magnitude - time * units) * (microsecondsPerUnit[size] ?? 0));
    return putSignedTime(number < 0, time, microseconds, digits, target, at);
  });
};

/** The older form: the decimal number hhmmss with its sign in three bytes. */
export const oldTimeDecoder: ValueDecoder = shortDecoder(3, room, (bytes, start, _, target, at) => {
  const number = bytes.readIntLE(start, 3);
  return putSignedTime(number < 0, packedTime(Math.abs(number)), 0, 0, target, at);
});
