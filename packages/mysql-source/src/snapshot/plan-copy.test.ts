import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rangeStarts } from './plan-copy.ts';

it('ranges of integers begin in order behind the first of them, about as far from each other', () => {
  const bigint = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n });
  fc.assert(
    fc.property(bigint, bigint, fc.integer({ min: 1, max: 32 }), (one, other, count) => {
      const [first, last] = one < other ? [one, other] : [other, one];
      const starts = rangeStarts(first, last, count);
      expect(starts.length).toBeLessThan(count);
      const bounds = [first, ...starts, last + 1n];
      const sizes = bounds.slice(1).map((bound, index) => bound - (bounds[index] ?? 0n));
      expect(sizes.every((size) => size > 0n)).toBe(true);
      const [least, most] = [sizes, sizes].map((all, at) => all.reduce((a, b) => (a < b === (at === 0) ? a : b)));
      expect((most ?? 0n) - (least ?? 0n) <= 1n).toBe(true);
    }),
  );
});
