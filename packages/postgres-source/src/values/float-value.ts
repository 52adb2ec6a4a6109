import { MalformedValue } from './malformed-value.ts';

/** `NaN` and `Infinity` are spelled alike by PostgreSQL and JavaScript. */
export const floatOfText = (bytes: Buffer, start: number, end: number): number => {
  const text = bytes.toString('latin1', start, end);
  const value = Number(text);
  if (text === '' || (Number.isNaN(value) && text !== 'NaN')) throw new MalformedValue('not a number');
  return value;
};

/** Below it a 4-byte float holds fewer digits. */
const smallestNormal = 2 ** -126;

/**
 * The double nearest to the shortest decimal that names a 4-byte float, which is the one the server prints: 0.1 and
 * not 0.10000000149011612.
 */
export const shortestFloat4 = (value: number): number => {
  // -0 would lose its sign on the way.
  if (value === 0) return value;
  const fewest = Math.abs(value) < smallestNormal ? 1 : 6;
  for (let digits = fewest; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return Number.isFinite(value) ? Number(value.toPrecision(9)) : value;
};
