import { rejectedValue } from './rejected-value.ts';

const noDate = 'it is no date of the years 0 to 9999';

/** As PostgreSQL, MySQL and ISO 8601 write them; what they say of a zone is UTC. */
const moment = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}:\d{2})(?:\.(\d+))?(?:Z|[+-]00(?::?00)?)?)?$/;

const clock = /^(-?\d{2,3}):([0-5]\d:[0-5]\d)(?:\.(\d+))?$/;

/** The server rounds a fraction of which the column keeps less. */
const fractionText = (fraction: string, digits: number): string => {
  if (/[^0]/.test(fraction.slice(digits))) throw rejectedValue(`it has more than ${digits} digits behind the second`);
  const kept = fraction.slice(0, digits);
  return kept && `.${kept}`;
};

export const dateText = (text: string): string => {
  const [, date, time = '00:00:00', fraction = ''] = moment.exec(text) ?? [];
  if (date === undefined) throw rejectedValue(noDate);
  if (time !== '00:00:00' || /[^0]/.test(fraction)) throw rejectedValue('it has a time of the day');
  return date;
};

/** `digits`: those behind the second that the column keeps. */
export const datetimeText =
  (digits: number) =>
  (text: string): string => {
    const [, date, time, fraction = ''] = moment.exec(text) ?? [];
    if (date === undefined) throw rejectedValue(`${noDate}, in UTC`);
    return time === undefined ? date : `${date} ${time}${fractionText(fraction, digits)}`;
  };

const mostHours = 838;

/** A time of the day, or an interval of hours. */
export const timeText =
  (digits: number) =>
  (text: string): string => {
    const [, hours, rest, fraction = ''] = clock.exec(text) ?? [];
    if (hours === undefined) throw rejectedValue('it is no time');
    const kept = fractionText(fraction, digits);
    const whole = Math.abs(Number(hours));
    if (whole > mostHours || (whole === mostHours && rest === '59:59' && kept !== '' && /[^.0]/.test(kept)))
      throw rejectedValue('it is beyond 838:59:59');
    return `${hours}:${rest}${kept}`;
  };
