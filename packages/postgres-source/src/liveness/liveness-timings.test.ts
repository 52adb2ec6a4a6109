import { describe, expect, it } from 'vitest';
import { livenessTimings } from './liveness-timings.ts';

describe('livenessTimings', () => {
  it.each([1_000, 2_000, 3_000, 30_000, 60_000, 300_000])('speaks before half of a timeout of %i ms', (timeout) => {
    const { statusEvery, askAfter, deadAfter } = livenessTimings(timeout);
    expect(statusEvery).toBeLessThan(timeout / 2);
    expect(statusEvery).toBeLessThanOrEqual(10_000);
    expect(askAfter).toBeLessThan(deadAfter);
    expect(deadAfter).toBe(timeout * 2);
  });

  it('has defaults of its own where the server never times out', () => {
    expect(livenessTimings(0)).toEqual({ statusEvery: 10_000, askAfter: 30_000, deadAfter: 120_000 });
  });

  it('stays positive for absurd timeouts', () => {
    expect(livenessTimings(1).statusEvery).toBe(1);
  });
});
