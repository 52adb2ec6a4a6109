import { type BinaryText, fields } from './binary-text.ts';
import { MalformedValue } from './malformed-value.ts';

const microsecondsPerSecond = 1_000_000n;
const microsecondsPerDay = 86_400_000_000n;
const infinityDays = 0x7fff_ffff;
const infinityMicroseconds = 0x7fff_ffff_ffff_ffffn;
/** Days from 0000-03-01 to 2000-01-01 in the proleptic Gregorian calendar. */
const epochDays = 730_425;
const daysPerEra = 146_097;

const digits = (value: number | bigint, width: number): string => String(value).padStart(width, '0');

/** Days since 2000-01-01 as a date and, separately, the suffix of years before Christ. */
const calendarDate = (days: number): { readonly date: string; readonly suffix: string } => {
  const shifted = days + epochDays;
  const era = Math.floor(shifted / daysPerEra);
  const dayOfEra = shifted - era * daysPerEra;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  // A year that starts in March, so that the leap day is its last.
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0);
  return {
    date: `${digits(year > 0 ? year : 1 - year, 4)}-${digits(month, 2)}-${digits(day, 2)}`,
    suffix: year > 0 ? '' : ' BC',
  };
};

const clock = (seconds: number): string =>
  [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((part) => digits(part, 2)).join(':');

/** Microseconds as `HH:MM:SS`, with a fraction when there is one. */
export const timeText = (microseconds: bigint): string => {
  const fraction = digits(microseconds % microsecondsPerSecond, 6).replace(/0+$/, '');
  return clock(Number(microseconds / microsecondsPerSecond)) + (fraction === '' ? '' : `.${fraction}`);
};

const timeOfDay = (microseconds: bigint): string => {
  if (microseconds < 0n || microseconds > microsecondsPerDay) throw new MalformedValue('not a time of day');
  return timeText(microseconds);
};

/** Seconds west of Greenwich as an offset to the east, with minutes and seconds where there are some. */
const zoneText = (west: number): string => {
  const offset = clock(Math.abs(west)).replace(/(:00){1,2}$/, '');
  return (west > 0 ? '-' : '+') + offset;
};

/** A `date`: days since 2000-01-01, the extreme values being the infinities. */
export const dateText: BinaryText = fields((reader) => {
  const days = reader.int32();
  if (days === infinityDays) return 'infinity';
  if (days === -infinityDays - 1) return '-infinity';
  const { date, suffix } = calendarDate(days);
  return date + suffix;
});

/** A `time`: microseconds since midnight. */
export const timeOfDayText: BinaryText = fields((reader) => timeOfDay(reader.int64()));

/** A `timetz`: microseconds since midnight, and the zone in seconds west of Greenwich. */
export const zonedTimeText: BinaryText = fields((reader) => timeOfDay(reader.int64()) + zoneText(reader.int32()));

const timestamp = (zone: '' | '+00'): BinaryText =>
  fields((reader) => {
    const microseconds = reader.int64();
    if (microseconds === infinityMicroseconds) return 'infinity';
    if (microseconds === -infinityMicroseconds - 1n) return '-infinity';
    const inDay = ((microseconds % microsecondsPerDay) + microsecondsPerDay) % microsecondsPerDay;
    const { date, suffix } = calendarDate(Number((microseconds - inDay) / microsecondsPerDay));
    return `${date} ${timeText(inDay)}${zone}${suffix}`;
  });

/** A `timestamp`: microseconds since 2000-01-01, the extreme values being the infinities. */
export const timestampText: BinaryText = timestamp('');

/** A `timestamptz`, which is the same in UTC, in a session whose zone is UTC. */
export const zonedTimestampText: BinaryText = timestamp('+00');
