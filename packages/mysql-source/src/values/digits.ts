const zero = 0x30;

/**
 * Writes `count` digits, up to nine, of a number below ten to the power of `count`, with zeros in front, and returns where
 * they end.
 */
export const putPadded = (value: number, count: number, target: Buffer, at: number): number => {
  let rest = value | 0;
  for (let place = at + count - 1; place >= at; place--) {
    const next = (rest / 10) | 0;
    target[place] = zero + rest - next * 10;
    rest = next;
  }
  return at + count;
};

/** Writes two digits. */
export const putTwo = (value: number, target: Buffer, at: number): number => {
  const tens = (value / 10) | 0;
  target[at] = zero + tens;
  target[at + 1] = zero + value - tens * 10;
  return at + 2;
};

const digitsOf = (value: number): number => {
  if (value < 1e5) return value < 100 ? (value < 10 ? 1 : 2) : value < 1e4 ? (value < 1e3 ? 3 : 4) : 5;
  return value < 1e7 ? (value < 1e6 ? 6 : 7) : value < 1e9 ? (value < 1e8 ? 8 : 9) : 10;
};

const billion = 1e9;

/** Writes a whole number from 0 to below 1e18 that is exact, and returns where its digits end. */
export const putUnsigned = (value: number, target: Buffer, at: number): number => {
  if (value < billion) return putPadded(value, digitsOf(value), target, at);
  const high = Math.floor(value / billion);
  return putPadded(value - high * billion, 9, target, putUnsigned(high, target, at));
};

/** Writes a 64-bit number given in halves. */
export const putUnsigned64 = (high: number, low: number, target: Buffer, at: number): number => {
  if (high < 0x20_0000) return putUnsigned(high * 0x1_0000_0000 + low, target, at);
  // Divided by a billion, 16 bits at a time, so that nothing passes what is exact.
  let [rest, quotient] = [0, 0];
  for (const part of [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff]) {
    const dividend = rest * 0x1_0000 + part;
    const whole = Math.floor(dividend / billion);
    quotient = quotient * 0x1_0000 + whole;
    rest = dividend - whole * billion;
  }
  return putPadded(rest, 9, target, putUnsigned(quotient, target, at));
};

/** Writes a signed 64-bit number given in halves. */
export const putSigned64 = (high: number, low: number, target: Buffer, at: number): number => {
  if (high >= 0) return putUnsigned64(high, low, target, at);
  target[at] = 0x2d;
  const negated = low === 0 ? 0 : 0x1_0000_0000 - low;
  return putUnsigned64((~high + (low === 0 ? 1 : 0)) >>> 0, negated, target, at + 1);
};
