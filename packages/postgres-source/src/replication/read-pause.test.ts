import { describe, expect, it } from 'vitest';
import { readPause } from './read-pause.ts';

describe('readPause', () => {
  it('lets small reads add up while catching up', () => {
    expect(readPause({ lag: 60_000, bytes: 200 })).toBe(5);
  });

  it('is off when caught up', () => {
    expect(readPause({ lag: 3, bytes: 200 })).toBe(0);
    expect(readPause({ lag: -40, bytes: 200 })).toBe(0);
  });

  it('is off when reads are large by themselves', () => {
    expect(readPause({ lag: 60_000, bytes: 65_536 })).toBe(0);
  });
});
