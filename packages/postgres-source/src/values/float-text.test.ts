import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float4Text, float8Text, shortestFloat4 } from './float-text.ts';

describe('the text of a float', () => {
  // As PostgreSQL 14 to 18 print them.
  it.each([
    [0, '0'],
    [-0, '-0'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
    [0.1, '0.1'],
    [-12.5, '-12.5'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1e14, '100000000000000'],
    [123456789012345.6, '123456789012345.6'],
    [1e15, '1e+15'],
    [1234567890123456, '1.234567890123456e+15'],
    [1e22, '1e+22'],
    [1e23, '9.999999999999999e+22'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
  ])('of 8 bytes: %s', (value, text) => {
    expect(float8Text(value)).toBe(text);
  });

  it.each([
    [-0, '-0'],
    [0.1, '0.1'],
    [100_000, '100000'],
    [1e6, '1e+06'],
    [1_234_567, '1.234567e+06'],
    [2_097_152.25, '2.0971522e+06'],
    [2 ** 25, '3.3554432e+07'],
    [2 ** -149, '1e-45'],
    [2 ** -126, '1.1754944e-38'],
    [3.4028234663852886e38, '3.4028235e+38'],
  ])('of 4 bytes: %s', (value, text) => {
    expect(float4Text(Math.fround(value))).toBe(text);
  });

  it('names the same float again', () => {
    fc.assert(
      fc.property(fc.double(), fc.float(), (double, float) => {
        expect(Number(float8Text(double))).toBe(double);
        expect(Math.fround(Number(float4Text(float)))).toBe(float);
        expect(shortestFloat4(float)).toBe(Number(float4Text(float)));
      }),
    );
  });
});
