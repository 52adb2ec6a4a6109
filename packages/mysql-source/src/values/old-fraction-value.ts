import { datetimeWriter, isoTimestamp, isoTimestamptz, putSignedTime, putTimestamp } from './date-value.ts';
import { shortDecoder, type ValueDecoder } from './value-decoder.ts';
import type { PutZeroDate } from './zero-dates.ts';

/*
 * How MariaDB stores fractions of a second with `mysql56_temporal_format=OFF`, and before 10.1: as one number with its high
 * byte first, of which the log does not say how long it is (MariaDB source, `Field_time_hires` and the like).
 */

const [timeSizes, datetimeSizes] = [
  [3, 4, 4, 5, 5, 5, 6],
  [5, 6, 6, 7, 7, 7, 8],
] as const;

/** The number of seconds that stands for none, so that times may be negative. */
const zeroSeconds = 3_020_400;

const room = 40;

const number = (bytes: Buffer, start: number, size: number): number => {
  let value = 0;
  for (let at = start; at < start + size; at++) value = value * 256 + (bytes[at] ?? 0);
  return value;
};

/** `size` bytes, and how they are read. */
export interface SizedDecoder {
  readonly size: number;
  readonly decoder: ValueDecoder;
}

/** TIME with `digits` digits behind the second, 1 to 6. */
export const oldTimeFraction = (digits: number): SizedDecoder => {
  const size = timeSizes[digits] ?? 0;
  const units = 10 ** digits;
  const decoder = shortDecoder(size, room, (bytes, start, _, target, at) => {
    const value = number(bytes, start, size) - zeroSeconds * units;
    const magnitude = Math.abs(value);
    const seconds = Math.floor(magnitude / units);
    const time = Math.floor(seconds / 3600) * 4096 + (Math.floor(seconds / 60) % 60) * 64 + (seconds % 60);
    const microseconds = (magnitude - seconds * units) * (1_000_000 / units);
    return putSignedTime(value < 0, time, microseconds, digits, target, at);
  });
  return { size, decoder };
};

/** DATETIME, likewise. */
export const oldDatetimeFraction = (digits: number, putZero: PutZeroDate): SizedDecoder => {
  const size = datetimeSizes[digits] ?? 0;
  const units = 10 ** digits;
  const put = datetimeWriter(digits, putZero);
  const decoder = shortDecoder(
    size,
    room,
    (bytes, start, _, target, at) => {
      // More than a number of JavaScript holds exactly.
      const packed = BigInt(`0x${bytes.toString('hex', start, start + size)}`);
      const all = Number(packed / BigInt(units));
      const microseconds = Number(packed % BigInt(units)) * (1_000_000 / units);
      const days = Math.floor(all / 86_400);
      const seconds = all - days * 86_400;
      const months = Math.floor(days / 32);
      const year = Math.floor(months / 13);
      const date = year * 512 + (months - year * 13) * 32 + (days - months * 32);
      const time = Math.floor(seconds / 3600) * 4096 + (Math.floor(seconds / 60) % 60) * 64 + (seconds % 60);
      return put(date, time, microseconds, target, at);
    },
    isoTimestamp,
  );
  return { size, decoder };
};

/** TIMESTAMP: seconds since 1970, and the fraction behind them. */
export const oldTimestampFraction = (digits: number, putZero: PutZeroDate): SizedDecoder => {
  const fraction = (digits + 1) >> 1;
  const put = putTimestamp(digits, putZero);
  const decoder = shortDecoder(
    4 + fraction,
    room,
    (bytes, start, _, target, at) =>
      put(number(bytes, start, 4), number(bytes, start + 4, fraction) * 10 ** (6 - digits), target, at),
    isoTimestamptz,
  );
  return { size: 4 + fraction, decoder };
};
