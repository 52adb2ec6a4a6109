import { expect, it } from 'vitest';
import { losesSilently } from './type-loss.ts';

it.each([
  ['numeric(10,2)', 'numeric(10,1)', true],
  ['numeric(10,2)', 'numeric(12,2)', false],
  ['numeric(10,2)', 'numeric(8,2)', false],
  ['numeric', 'numeric(10,2)', true],
  ['numeric(10,2)', 'numeric', false],
  ['numeric(10,2)', 'double precision', true],
  ['bigint', 'double precision', true],
  ['integer', 'double precision', false],
  ['integer', 'real', true],
  ['double precision', 'real', true],
  ['double precision', 'numeric(10,2)', true],
  ['timestamp without time zone', 'timestamp(3) without time zone', true],
  ['timestamp(3) with time zone', 'timestamp(3) with time zone', false],
  ['timestamp(3) with time zone', 'timestamp with time zone', false],
  ['timestamp without time zone', 'date', true],
  ['timestamp without time zone', 'time without time zone', true],
  ['date', 'timestamp without time zone', false],
  ['text', 'character varying(3)', false],
  ['json', 'jsonb', false],
])('%s into %s: rounds silently is %s', (source, target, loses) => {
  expect(losesSilently(source, target)).toBe(loses);
});
