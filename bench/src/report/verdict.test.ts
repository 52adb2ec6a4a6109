import { describe, expect, it } from 'vitest';
import { outcomeOf, ratioVerdict, type Verdict } from './verdict.ts';

const ratio = (value: number | null, floor: number | null = 1) => outcomeOf(ratioVerdict('s', 'm', value, [2, floor]));

describe('a number that should be large', () => {
  it('meets its target from the target on', () => {
    expect(ratio(2)).toBe('met');
    expect(ratio(2.5)).toBe('met');
  });

  it('says whether a missed target kept the floor', () => {
    expect(ratio(1.99)).toBe('missed, above the floor');
    expect(ratio(1)).toBe('missed, above the floor');
    expect(ratio(0.99)).toBe('missed');
    expect(ratio(1.99, null)).toBe('missed');
  });

  it('is not judged where it was not measured', () => {
    expect(ratio(null)).toBe('not measured');
  });
});

it('turns round for a number that should be small', () => {
  const delay = (value: number): Verdict => ({
    scenario: 'delay',
    measure: 'p50',
    value,
    aim: { better: 'at-most', target: 0.5, floor: 1, unit: ' ms' },
  });
  expect(outcomeOf(delay(0.5))).toBe('met');
  expect(outcomeOf(delay(1))).toBe('missed, above the floor');
  expect(outcomeOf(delay(1.1))).toBe('missed');
});
