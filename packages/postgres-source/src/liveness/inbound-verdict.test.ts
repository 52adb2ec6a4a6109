import { describe, expect, it } from 'vitest';
import { type InboundFacts, inboundVerdict } from './inbound-verdict.ts';
import { livenessTimings } from './liveness-timings.ts';

const timings = livenessTimings(60_000);
const verdict = (given: Partial<InboundFacts> & { readonly now: number }) =>
  inboundVerdict({ lastInbound: 0, readingSince: 0, lastCheck: given.now - 10_000, timings, ...given });

describe('inboundVerdict', () => {
  it('asks after half the timeout and gives up after twice the timeout', () => {
    expect(verdict({ now: 29_999 })).toBe('alive');
    expect(verdict({ now: 30_000 })).toBe('ask');
    expect(verdict({ now: 119_999 })).toBe('ask');
    expect(verdict({ now: 120_000 })).toBe('dead');
  });

  it('is suspended while nothing is read, for however long', () => {
    expect(verdict({ now: 10_000_000, readingSince: null })).toBe('alive');
  });

  it('counts from when reading began again', () => {
    expect(verdict({ now: 1_000_000, readingSince: 990_000 })).toBe('alive');
  });

  it('counts from the last sign of life', () => {
    expect(verdict({ now: 125_000, lastInbound: 100_000 })).toBe('alive');
  });

  it('does not blame the server for a blocked event loop', () => {
    expect(verdict({ now: 130_000, lastCheck: 5_000 })).toBe('stalled');
  });
});
