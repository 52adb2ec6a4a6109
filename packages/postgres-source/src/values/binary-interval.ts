import { type BinaryText, fields } from './binary-text.ts';
import { timeText } from './binary-time.ts';

const largestMonths = 0x7fff_ffff;
const largestMicroseconds = 0x7fff_ffff_ffff_ffffn;

interface Interval {
  readonly months: number;
  readonly days: number;
  readonly microseconds: bigint;
}

const isInfinity = ({ months, days, microseconds }: Interval): boolean =>
  months === largestMonths && days === largestMonths && microseconds === largestMicroseconds;

const isNegativeInfinity = ({ months, days, microseconds }: Interval): boolean =>
  months === -largestMonths - 1 && days === -largestMonths - 1 && microseconds === -largestMicroseconds - 1n;

/** A part after a negative one says that it is positive. */
const finite = ({ months, days, microseconds }: Interval): string => {
  const parts: string[] = [];
  let afterNegative = false;
  const add = (value: number, unit: string) => {
    if (value === 0) return;
    parts.push(`${afterNegative && value > 0 ? '+' : ''}${value} ${unit}${value === 1 ? '' : 's'}`);
    afterNegative = value < 0;
  };
  add(Math.trunc(months / 12), 'year');
  add(months % 12, 'mon');
  add(days, 'day');
  if (microseconds !== 0n || parts.length === 0) {
    const sign = microseconds < 0n ? '-' : afterNegative ? '+' : '';
    parts.push(sign + timeText(microseconds < 0n ? -microseconds : microseconds));
  }
  return parts.join(' ');
};

const interval = (text: (value: Interval) => string): BinaryText =>
  fields((reader) => text({ microseconds: reader.int64(), days: reader.int32(), months: reader.int32() }));

/** An `interval` in the style `postgres`: microseconds, days and months. */
export const intervalText: BinaryText = interval((value) => {
  if (isInfinity(value)) return 'infinity';
  if (isNegativeInfinity(value)) return '-infinity';
  return finite(value);
});

/** The same before PostgreSQL 17, where no interval is infinite. */
export const finiteIntervalText: BinaryText = interval(finite);
