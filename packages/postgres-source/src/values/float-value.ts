import { MalformedValue } from './malformed-value.ts';

/** `NaN` and `Infinity` are spelled alike by PostgreSQL and JavaScript. */
export const floatOfText = (bytes: Buffer, start: number, end: number): number => {
  const text = bytes.toString('latin1', start, end);
  const value = Number(text);
  if (text === '' || (Number.isNaN(value) && text !== 'NaN')) throw new MalformedValue('not a number');
  return value;
};
