import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rangeStarts, shareRanges } from './block-ranges.ts';
import { formatCursor, isSameVersion, parseCursor, placesPerBlock, tidOf } from './copy-cursor.ts';

const blocks = fc.nat(0xffff_ffff);

describe('cursors', () => {
  it('say everything again', () => {
    const cursor = fc.record({
      oid: fc.nat(0xffff_ffff),
      filenode: fc.nat(0xffff_ffff),
      shape: fc.stringMatching(/^[0-9a-f]{16}$/),
      place: fc.tuple(blocks, fc.nat(placesPerBlock - 1)).map(([block, row]) => block * placesPerBlock + row),
    });
    const property = fc.property(cursor, (given) => {
      expect(parseCursor(formatCursor(given))).toEqual(given);
      expect(isSameVersion(given, parseCursor(formatCursor(given)))).toBe(true);
    });
    fc.assert(property);
  });

  it('are outdated when they are of something else', () => {
    const outdated = expect.objectContaining({ code: 'COPY_OUTDATED' });
    for (const text of [null, '', '1:2:3:4', '1:2:00000000000000zz:4', 'x'])
      expect(() => parseCursor(text)).toThrow(outdated);
  });

  it('name the place as the server does', () => {
    expect(tidOf(0)).toBe('(0,0)');
    expect(tidOf(4_294_967_294 * placesPerBlock + 7)).toBe('(4294967294,7)');
  });
});

describe('ranges', () => {
  it('are disjoint, together everything, none is empty or small unless there is one', () => {
    const property = fc.property(blocks, fc.integer({ min: 1, max: 64 }), (size, count) => {
      const starts = rangeStarts(size, count);
      expect(starts[0]).toBe(0);
      expect(starts.length).toBeLessThanOrEqual(count);
      const sizes = starts.map((start, index) => (starts[index + 1] ?? size) - start);
      if (starts.length > 1) expect(Math.min(...sizes)).toBeGreaterThanOrEqual(1_024);
      expect(sizes.reduce((sum, one) => sum + one, 0)).toBe(size);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    });
    fc.assert(property);
  });

  it('are shared by size, and everybody gets one', () => {
    expect(shareRanges([0], 4)).toEqual([1]);
    expect(shareRanges([], 4)).toEqual([]);
    expect(shareRanges([0, 0], 4)).toEqual([1, 1]);
    expect(shareRanges([10_000, 30_000, 1], 4)).toEqual([1, 3, 1]);
  });
});
