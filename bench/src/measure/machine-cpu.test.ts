import { expect, it } from 'vitest';
import { busySeconds, parseBusySeconds } from './machine-cpu.ts';

it('adds up everything but idling and waiting', () => {
  expect(parseBusySeconds('cpu  100 20 30 9000 500 4 5 6 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n')).toBe(1.65);
});

it('grows', () => {
  const before = busySeconds();
  expect(before).toBeGreaterThan(0);
  expect(busySeconds()).toBeGreaterThanOrEqual(before);
});
