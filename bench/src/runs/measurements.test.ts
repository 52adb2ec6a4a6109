import { expect, it } from 'vitest';
import { measured } from './measured.test-support.ts';
import { medianSeconds, nativeToOurs } from './measurements.ts';

const all = [measured('ours', 'on', 2, 9, 1), measured('native', 'on', 8), measured('native', 'off', 3)];

it('divides the medians of both sides', () => {
  expect(all.map(medianSeconds)).toEqual([2, 8, 3]);
  expect(nativeToOurs(all, 'text', 'on')).toBe(4);
  expect(nativeToOurs(all, 'text', 'off')).toBe(1.5);
});

it('has no ratio of a form that was not measured', () => {
  expect(nativeToOurs(all, 'binary', 'on')).toBeNull();
});
