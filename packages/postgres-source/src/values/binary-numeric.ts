import { type BinaryText, fields } from './binary-text.ts';
import { MalformedValue } from './malformed-value.ts';

/** The values of the field for the sign (src/backend/utils/adt/numeric.c, `numeric_send`). */
const negative = 0x4000;
const special: Readonly<Record<number, string>> = { 49152: 'NaN', 53248: 'Infinity', 61440: '-Infinity' };

/** A digit of the binary form stands for four decimal ones. */
const decimalsPerDigit = 4;
const base = 10 ** decimalsPerDigit;
/** The most decimal places a numeric may have. */
const largestScale = 0x3fff;

const padded = (digit: number): string => String(digit).padStart(decimalsPerDigit, '0');

/**
 * A `numeric`: how many digits there are, the power of 10,000 of the first one, the sign, how many decimal places are
 * written, and the digits, without zeros at either end.
 */
export const numericText: BinaryText = fields((reader) => {
  const count = reader.uint16();
  const weight = reader.int16();
  const sign = reader.uint16();
  const scale = reader.uint16();
  const digits: number[] = [];
  for (let index = 0; index < count; index++) digits.push(reader.uint16());
  const name = special[sign];
  if (name !== undefined) return name;
  if ((sign !== 0 && sign !== negative) || scale > largestScale || digits.some((digit) => digit >= base))
    throw new MalformedValue('not a numeric');
  let whole = '';
  for (let index = 0; index <= weight; index++) whole += padded(digits[index] ?? 0);
  let fraction = '';
  for (let index = weight + 1; fraction.length < scale; index++) fraction += padded(digits[index] ?? 0);
  const text = whole.replace(/^0+/, '') || '0';
  return `${sign === negative ? '-' : ''}${text}${scale === 0 ? '' : `.${fraction.slice(0, scale)}`}`;
});
