import { rejectedValue } from './rejected-value.ts';

/** Takes texts of one form as they are. */
export const textLike =
  (form: RegExp, reason: string) =>
  (text: string): string => {
    if (!form.test(text)) throw rejectedValue(reason);
    return text;
  };

export const bitText = textLike(/^[01]+$/, 'it is no bit string');

export const booleanText = (text: string): string => {
  if (text === 't' || text === 'true') return '1';
  if (text === 'f' || text === 'false') return '0';
  return text;
};

/** Digits with a point anywhere, and an exponent, as numbers of JavaScript have it, too. */
const number = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

const plain = /^-?\d{1,18}$/;

/** No column has as many digits; texts are not made longer than that. */
const mostDigits = 100;

const withoutZeros = (digits: string): string => {
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return digits.slice(0, end);
};

/**
 * A decimal of so many digits, of which `scale` stand behind the point. The server would round it where it has more, and
 * reads a constant beyond its own range as the largest number there is.
 */
export const decimalText =
  (precision: number, scale: number) =>
  (text: string): string => {
    if (scale === 0 && precision >= 18 && plain.test(text)) return text;
    const [match, sign = '', whole = '', behind = '', exponent = '0'] = number.exec(text) ?? [];
    if (match === undefined) throw rejectedValue('it is no number that the column can hold');
    const shift = Number(exponent);
    if (Math.abs(shift) > mostDigits) throw rejectedValue('it is out of range');
    const digits = `${'0'.repeat(Math.max(-shift, 0))}${whole}${behind}${'0'.repeat(Math.max(shift, 0))}`;
    const point = Math.max(-shift, 0) + whole.length + shift;
    const integer = digits.slice(0, point).replace(/^0+/, '');
    const fraction = withoutZeros(digits.slice(point));
    if (fraction.length > scale) throw rejectedValue(`it has more than ${scale} digits behind the point`);
    if (integer.length > precision - scale) throw rejectedValue('it is out of range');
    return `${sign === '-' ? '-' : ''}${integer || '0'}${fraction && `.${fraction}`}`;
  };

/**
 * A number with an exponent, which is no decimal. Of a FLOAT the exact value, to which the column is equal: it is compared as
 * a DOUBLE. MariaDB keeps a negative zero as zero.
 */
export const floatText =
  (type: 'float' | 'double') =>
  (text: string): string => {
    const read = number.test(text) ? Number(text) : Number.NaN;
    const value = type === 'float' ? Math.fround(read) : read;
    if (!Number.isFinite(value)) throw rejectedValue('it is no number that the column can hold');
    if (Object.is(value, -0)) return '-0e0';
    const made = String(value);
    return made.includes('e') ? made : `${made}e0`;
  };

/** Two digits would become four, and 0 as a text the year 2000. */
export const yearText = (text: string): string => {
  if (text === '0') return '0000';
  if (!/^\d{4}$/.test(text)) throw rejectedValue('it is no year of four digits');
  return text;
};
