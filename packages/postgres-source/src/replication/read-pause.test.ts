import { describe, expect, it } from 'vitest';
import { readPause } from './read-pause.ts';

describe('readPause', () => {
  it('lets small reads add up while catching up', () => {
    for (const bytes of [200, 65_536, 200_000]) expect(readPause({ lag: 60_000, bytes })).toBeGreaterThan(0);
  });

  it('is off when caught up', () => {
    expect(readPause({ lag: 3, bytes: 200 })).toBe(0);
    expect(readPause({ lag: -40, bytes: 200 })).toBe(0);
  });

  it('is off when nothing came but keepalives', () => {
    expect(readPause({ lag: 60_000, bytes: 0 })).toBe(0);
  });

  it('is off when there was more in the socket than one turn reads', () => {
    expect(readPause({ lag: 60_000, bytes: 2 * 1024 * 1024 })).toBe(0);
  });
});
