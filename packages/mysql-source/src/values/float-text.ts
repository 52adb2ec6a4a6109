/** Beyond these places of the point the servers write an exponent (`my_gcvt`). */
const farthestPoint = 15;

/** Digits without zeros at the end, with the point `point` places behind the first of them. */
const written = (digits: string, point: number): string => {
  if (point < 1 - farthestPoint || point > farthestPoint)
    return `${digits[0]}${digits.length > 1 ? '.' : ''}${digits.slice(1)}e${point - 1}`;
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return digits + '0'.repeat(point - digits.length);
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
};

const textOf = (exponential: string): string => {
  const [mantissa = '', exponent] = exponential.split('e');
  return written(mantissa.replace('.', '').replace(/0+$/, ''), Number(exponent) + 1);
};

const signed = (value: number, exponential: (magnitude: number) => string): string => {
  if (!Number.isFinite(value)) return String(value);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return value === 0 ? `${sign}0` : sign + textOf(exponential(Math.abs(value)));
};

/** The shortest text of a DOUBLE, as the server writes it. */
export const float8Text = (value: number): string => signed(value, (magnitude) => magnitude.toExponential());

/** What the server prints of a FLOAT; more are needed for some to be read as the same number again. */
const [printedDigits, neededDigits] = [6, 9] as const;

const nearby = 2 ** -50;

/** Whether a text is read as this number, whether or not it is read as a DOUBLE on the way. */
const isReadAs = (text: string, value: number): boolean => {
  const double = Number(text);
  return Math.fround(double * (1 - nearby)) === value && Math.fround(double * (1 + nearby)) === value;
};

/**
 * The text of a FLOAT: the six digits that the server prints where they say which number it is, and as many more as it
 * takes where they do not.
 */
export const float4Text = (value: number): string =>
  signed(value, (magnitude) => {
    for (let digits = printedDigits; digits < neededDigits; digits++) {
      const text = magnitude.toExponential(digits - 1);
      if (isReadAs(text, magnitude)) return text;
    }
    return magnitude.toExponential(neededDigits - 1);
  });
