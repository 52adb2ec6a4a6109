import { rejectedValue } from './rejected-value.ts';

const numbers = /^\[[\d.+eE-]+(?:,\s*[\d.+eE-]+)*\]$/;

/** The hexadecimal digits of a vector as the servers keep it. MariaDB refuses numbers whose squares no FLOAT holds. */
export const vectorText = (text: string): string => {
  const values = numbers.test(text) ? text.slice(1, -1).split(',').map(Number) : [Number.NaN];
  const bytes = Buffer.alloc(values.length * 4);
  for (const [place, value] of values.entries()) {
    if (!Number.isFinite(Math.fround(value))) throw rejectedValue('it is no vector');
    bytes.writeFloatLE(value, place * 4);
  }
  return bytes.toString('hex');
};
