/** `digits` without trailing zeros, the point behind the first one, times ten to the power of `exponent`. */
export interface Decimal {
  readonly digits: string;
  readonly exponent: number;
}

/** A positive floating-point number: `mantissa` times two to the power of `exponent`. */
export interface BinaryFloat {
  readonly mantissa: bigint;
  readonly exponent: number;
  /** The smallest mantissa of its exponent: the next number below is only half as far away as the one above. */
  readonly lowest: boolean;
}

const powerOfTen = (exponent: number): bigint => 10n ** BigInt(exponent);

const decimal = (significand: bigint, exponent: number): Decimal => {
  const written = String(significand);
  return { digits: written.replace(/0+$/, ''), exponent: exponent + written.length - 1 };
};

/**
 * The decimal with the fewest digits that lies nearer to a number than to any other of its kind, the nearest of those,
 * and of two as near the even one. A decimal halfway between two numbers names neither: the server leaves those out,
 * JavaScript does not, so that 1e+23 is 9.999999999999999e+22 to the server. Exact and slow; `first` digits are known
 * to be needed before others are tried.
 */
export const shortestDecimal = ({ mantissa, exponent, lowest }: BinaryFloat, first: number): Decimal => {
  // In quarters of the last place, so that what lies halfway to the next number is whole.
  const scale = exponent - 2;
  const approximate = Math.floor(Math.log10(Number(mantissa)) + exponent * Math.LOG10E * Math.LN2);
  for (let place = approximate - first + 1; ; place--) {
    const up = (scale > 0 ? 1n << BigInt(scale) : 1n) * (place < 0 ? powerOfTen(-place) : 1n);
    const unit = (scale < 0 ? 1n << BigInt(-scale) : 1n) * (place > 0 ? powerOfTen(place) : 1n);
    const value = mantissa * 4n * up;
    const low = value - (lowest ? up : 2n * up);
    const high = value + 2n * up;
    const below = value / unit;
    const rest = value - below * unit;
    const isNearer = 2n * rest < unit || (2n * rest === unit && below % 2n === 0n);
    const nearest = isNearer ? [below, below + 1n] : [below + 1n, below];
    const found = nearest.find((candidate) => low < candidate * unit && candidate * unit < high && candidate > 0n);
    if (found !== undefined) return decimal(found, place);
  }
};
