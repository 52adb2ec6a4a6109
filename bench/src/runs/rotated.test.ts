import { expect, it } from 'vitest';
import { rotated } from './rotated.ts';

it('begins elsewhere and leaves nothing out', () => {
  expect(rotated(['a', 'b', 'c'], 0)).toEqual(['a', 'b', 'c']);
  expect(rotated(['a', 'b', 'c'], 2)).toEqual(['c', 'a', 'b']);
  expect(rotated(['a', 'b', 'c'], 4)).toEqual(['b', 'c', 'a']);
  expect(rotated([], 1)).toEqual([]);
});
