import { type BinaryFloat, type Decimal, shortestDecimal } from './shortest-decimal.ts';

/** From these decimal exponents on the server writes an exponent (PostgreSQL manual, "Floating-Point Types"). */
const exponentFrom = { float4: 6, float8: 15 } as const;
const exponentBelow = -4;

/** Whole numbers up to here are floats, so that no decimal lies halfway between two of them. */
const exactFloat4 = 2 ** 24;
const exactFloat8 = 2 ** 53;
/** Nothing between two doubles beyond it is a decimal of 17 digits. */
const noMiddle = 1e40;
/** Below it a 4-byte float has fewer digits. */
const normalFloat4 = 2 ** -126;

const decimalOf = (exponential: string): Decimal => {
  const [mantissa = '', exponent] = exponential.split('e');
  return { digits: mantissa.replace('.', '').replace(/0+$/, ''), exponent: Number(exponent) };
};

const bits = new DataView(new ArrayBuffer(8));

const float8Parts = (value: number): BinaryFloat => {
  bits.setFloat64(0, value);
  const word = bits.getBigUint64(0);
  const fraction = word & 0xf_ffff_ffff_ffffn;
  return { mantissa: fraction | 0x10_0000_0000_0000n, exponent: Number(word >> 52n) - 1075, lowest: fraction === 0n };
};

const float4Parts = (value: number): BinaryFloat => {
  bits.setFloat32(0, value);
  const word = bits.getUint32(0);
  const fraction = word & 0x7f_ffff;
  const exponent = word >>> 23;
  if (exponent === 0) return { mantissa: BigInt(fraction), exponent: -149, lowest: false };
  return { mantissa: BigInt(fraction | 0x80_0000), exponent: exponent - 150, lowest: fraction === 0 && exponent > 1 };
};

const float8Decimal = (value: number): Decimal =>
  value > exactFloat8 && value < noMiddle ? shortestDecimal(float8Parts(value), 1) : decimalOf(value.toExponential());

const float4Decimal = (value: number): Decimal => {
  if (value < normalFloat4) return shortestDecimal(float4Parts(value), 1);
  const short = value.toExponential(5);
  return value < exactFloat4 && Math.fround(Number(short)) === value
    ? decimalOf(short)
    : shortestDecimal(float4Parts(value), 6);
};

const written = ({ digits, exponent }: Decimal, limit: number): string => {
  if (exponent >= limit || exponent < exponentBelow) {
    const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return fraction === '' ? whole : `${whole}.${fraction}`;
};

const signed = (value: number, text: (magnitude: number) => string): string => {
  // NaN and the infinities are spelled alike by both.
  if (!Number.isFinite(value)) return String(value);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return value === 0 ? `${sign}0` : sign + text(Math.abs(value));
};

/** A `double precision` as the server prints it with `extra_float_digits` above 0. */
export const float8Text = (value: number): string =>
  signed(value, (magnitude) => written(float8Decimal(magnitude), exponentFrom.float8));

/** A `real` as the server prints it with `extra_float_digits` above 0. */
export const float4Text = (value: number): string =>
  signed(value, (magnitude) => written(float4Decimal(magnitude), exponentFrom.float4));

/** The double that the text of a `real` stands for: 0.1 and not 0.10000000149011612. */
export const shortestFloat4 = (value: number): number => {
  // -0 would lose its sign on the way.
  if (value === 0 || !Number.isFinite(value)) return value;
  const { digits, exponent } = float4Decimal(Math.abs(value));
  const magnitude = Number(`${digits[0]}.${digits.slice(1)}e${exponent}`);
  return value < 0 ? -magnitude : magnitude;
};
