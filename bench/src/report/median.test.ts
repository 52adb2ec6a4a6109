import { expect, it } from 'vitest';
import { median } from './median.ts';

it('is the middle value, whatever the order', () => {
  expect(median([3])).toBe(3);
  expect(median([10, 9, 100])).toBe(10);
});

it('lies between the two middle values of an even number', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

it('does not exist without values', () => {
  expect(() => median([])).toThrow(RangeError);
});
