import fc from 'fast-check';
import { expect, it } from 'vitest';
import { putBytes } from './text-value.ts';

it('copies any part of any memory to any place of another, and nothing beside it', () => {
  const memory = fc.uint8Array({ minLength: 300, maxLength: 400 }).map((bytes) => Buffer.from(bytes));
  const memories = fc.array(memory, { minLength: 1, maxLength: 3 });
  const copy = fc.tuple(fc.nat(2), fc.nat(2), fc.nat(150), fc.nat(200), fc.nat(150));
  fc.assert(
    fc.property(memories, memories, fc.array(copy), (sources, targets, copies) => {
      for (const [one, other, start, length, at] of copies) {
        const [source, target] = [sources[one % sources.length], targets[other % targets.length]];
        if (source === undefined || target === undefined) continue;
        const expected = Buffer.from(target);
        const end = Math.min(start + length, source.length, start + target.length - at);
        expected.set(source.subarray(start, end), at);
        expect(putBytes(source, start, end, target, at)).toBe(at + end - start);
        expect(target.equals(expected)).toBe(true);
      }
    }),
  );
});
