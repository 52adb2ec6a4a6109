/**
 * Finds the end of those bytes of a text which are its value as the server takes it, without a look at it as a string; -1 where only
 * that can tell.
 */
export type PlainBytes = (source: Buffer, start: number, end: number) => number;

const [dash, dot, zero, nine, plus] = [0x2d, 0x2e, 0x30, 0x39, 0x2b] as const;

/** Where the digits from here on end. */
const digitsEnd = (source: Buffer, start: number, end: number): number => {
  let at = start;
  for (let byte = source[at] ?? 0; at < end && byte >= zero && byte <= nine; byte = source[at] ?? 0) at++;
  return at;
};

/** A point and up to so many digits, or nothing; -1: something else. */
const fractionEnd = (source: Buffer, start: number, end: number, most: number): number => {
  if (start === end || source[start] !== dot) return start;
  const to = digitsEnd(source, start + 1, end);
  return to === start + 1 || to > start + 1 + most ? -1 : to;
};

/** Whether the bytes look like this, where `0` stands for any digit. */
const looksLike = (pattern: string) => {
  const wanted = Buffer.from(pattern);
  return (source: Buffer, start: number, end: number): boolean => {
    if (end - start < wanted.length) return false;
    for (let index = 0; index < wanted.length; index++) {
      const byte = source[start + index] ?? 0;
      if (wanted[index] === zero ? byte < zero || byte > nine : byte !== wanted[index]) return false;
    }
    return true;
  };
};

/** A number of up to `whole` digits, and up to `scale` behind a point. */
export const plainDecimal =
  (whole: number, scale: number): PlainBytes =>
  (source, start, end) => {
    const from = source[start] === dash ? start + 1 : start;
    const point = digitsEnd(source, from, end);
    if (point === from || point > from + whole) return -1;
    return fractionEnd(source, point, end, scale) === end ? end : -1;
  };

const isDate = looksLike('0000-00-00');
const isMoment = looksLike('0000-00-00 00:00:00');
const isClock = looksLike('00:00:00');
const [dateLength, momentLength, clockLength] = [10, 19, 8] as const;

export const plainDate: PlainBytes = (source, start, end) =>
  end - start === dateLength && isDate(source, start, end) ? end : -1;

/** Without the zone, which is UTC as PostgreSQL writes it. */
export const plainDatetime =
  (digits: number): PlainBytes =>
  (source, start, end) => {
    if (!isMoment(source, start, end)) return -1;
    const to = fractionEnd(source, start + momentLength, end, digits);
    if (to === end) return end;
    const isUtc = end - to === 3 && source[to] === plus && source[to + 1] === zero && source[to + 2] === zero;
    return to > 0 && isUtc ? to : -1;
  };

const five = 0x35;

export const plainTime =
  (digits: number): PlainBytes =>
  (source, start, end) => {
    const isTime = isClock(source, start, end) && (source[start + 3] ?? 0) <= five && (source[start + 6] ?? 0) <= five;
    return isTime && fractionEnd(source, start + clockLength, end, digits) === end ? end : -1;
  };

const isHexadecimal = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[\da-f]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/** In small letters. */
export const plainUuid: PlainBytes = (source, start, end) => {
  if (end - start !== 36) return -1;
  for (let index = 0; index < 36; index++) {
    const byte = source[start + index] ?? 0;
    const isDash = index === 8 || index === 13 || index === 18 || index === 23;
    if (isDash ? byte !== dash : isHexadecimal[byte] === 0) return -1;
  }
  return end;
};
