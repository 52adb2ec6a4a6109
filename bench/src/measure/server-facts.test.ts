import { expect, it } from 'vitest';
import { optimisationOf } from './server-facts.ts';

it('finds the option that counts', () => {
  expect(optimisationOf('-Wall -O2 -g -Os -DX=-O3')).toBe('-Os');
  expect(optimisationOf('-O3')).toBe('-O3');
  expect(optimisationOf('-Wall')).toBe('none');
});
