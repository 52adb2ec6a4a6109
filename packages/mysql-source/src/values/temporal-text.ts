import { putPadded, putTwo } from './digits.ts';

const [dash, colon, point, space, minus] = [0x2d, 0x3a, 0x2e, 0x20, 0x2d] as const;

/** Writes `2026-01-02`. */
export const putDate = (year: number, month: number, day: number, target: Buffer, at: number): number => {
  let to = putPadded(year, 4, target, at);
  target[to++] = dash;
  to = putTwo(month, target, to);
  target[to++] = dash;
  return putTwo(day, target, to);
};

const dropped = [1_000_000, 100_000, 10_000, 1_000, 100, 10, 1] as const;

/** What a fraction in microseconds is divided by to have so many digits. */
export const droppedBy = (digits: number): number => dropped[digits] ?? 1;

/** Writes `03:04:05.678`: a fraction of `digits` digits, of which `microseconds` are the first six. */
export const putTime = (
  hours: number,
  minutes: number,
  seconds: number,
  microseconds: number,
  digits: number,
  target: Buffer,
  at: number,
): number => {
  let to = hours > 99 ? putPadded(hours, 3, target, at) : putTwo(hours, target, at);
  target[to++] = colon;
  to = putTwo(minutes, target, to);
  target[to++] = colon;
  to = putTwo(seconds, target, to);
  if (digits === 0) return to;
  target[to++] = point;
  return putPadded(Math.floor(microseconds / droppedBy(digits)), digits, target, to);
};

export const putSpace = (target: Buffer, at: number): number => {
  target[at] = space;
  return at + 1;
};

export const putMinus = (target: Buffer, at: number): number => {
  target[at] = minus;
  return at + 1;
};

const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** Whether the calendar has such a day. */
export const isDate = (year: number, month: number, day: number): boolean => {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 && isLeap ? 29 : (lengths[month - 1] ?? 0));
};

/** The date of a number of days since 1970, not before it, as year, month and day: `year * 512 + month * 32 + day`. */
export const dateOfDays = (days: number): number => {
  // Counted in eras of 400 years that begin in March, so that the day of a leap year comes last.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return year * 512 + month * 32 + day;
};
