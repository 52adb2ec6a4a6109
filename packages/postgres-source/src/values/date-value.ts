import { MalformedValue } from './malformed-value.ts';

/** A date or a point in time of a session whose zone is UTC. */
const point = /^(\d{4,})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:\+00)?)?( BC)?$/;

/** A `Date`, to the millisecond. The infinities, and years that a `Date` does not reach, are malformed. */
export const dateOfText = (text: string): Date => {
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', era] = point.exec(text) ?? [];
  const date = new Date(0);
  date.setUTCFullYear(era === undefined ? Number(year) : 1 - Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second), Number(fraction.slice(0, 3).padEnd(3, '0')));
  if (Number.isNaN(date.getTime())) throw new MalformedValue('no date that a Date can be');
  return date;
};
