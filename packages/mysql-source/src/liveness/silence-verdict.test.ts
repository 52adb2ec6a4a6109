import { describe, expect, it } from 'vitest';
import { dumpTimings } from './dump-timings.ts';
import { type SilenceFacts, silenceVerdict } from './silence-verdict.ts';

const timings = dumpTimings(10_000);
const verdict = (given: Partial<SilenceFacts> & { readonly now: number }) =>
  silenceVerdict({ lastInbound: 0, readingSince: 0, lastCheck: given.now - 5_000, begun: true, timings, ...given });

describe('silenceVerdict', () => {
  it('gives up after four heartbeats that did not come', () => {
    expect(verdict({ now: 39_999 })).toBe('alive');
    expect(verdict({ now: 40_000 })).toBe('dead');
  });

  it('gives a server more time that looks for where to begin', () => {
    expect(verdict({ now: 399_999, begun: false })).toBe('alive');
    expect(verdict({ now: 400_000, begun: false })).toBe('dead');
  });

  it('is suspended while nothing is read, for however long', () => {
    expect(verdict({ now: 10_000_000, readingSince: null })).toBe('alive');
  });

  it('counts from when reading began again', () => {
    expect(verdict({ now: 1_000_000, readingSince: 990_000 })).toBe('alive');
  });

  it('does not blame the server for a blocked event loop', () => {
    expect(verdict({ now: 100_000, lastCheck: 80_000 })).toBe('stalled');
  });
});
