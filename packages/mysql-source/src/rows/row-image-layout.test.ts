import { noValue } from '@millrace/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RowImageLayout } from './row-image-layout.ts';

const column = fc.record({
  /** As `valueSize` says. */
  size: fc.constantFrom(0, 1, 3, 4, 8, -1, -2, -3, -4),
  length: fc.integer({ min: 0, max: 200 }),
  isNull: fc.boolean(),
});

it('an image is passed over to where its last value ends, whatever is NULL', () => {
  fc.assert(
    fc.property(fc.array(column, { minLength: 1, maxLength: 20 }), fc.boolean(), (columns, hasNulls) => {
      // As the servers write it: the bits behind those of the last columns are set.
      const nulls = Buffer.alloc((columns.length + 7) >> 3, 0xff);
      const values = columns.map(({ size, length, isNull }, place) => {
        if (hasNulls && isNull) return [];
        nulls[place >> 3] = (nulls[place >> 3] ?? 0) & ~(1 << (place & 7));
        if (size >= 0) return [Buffer.alloc(size, place)];
        const front = Buffer.alloc(-size);
        front.writeUIntLE(length, 0, -size);
        return [front, Buffer.alloc(length, place)];
      });
      const image = Buffer.concat([nulls, ...values.flat()]);
      const bytes = Buffer.concat([Buffer.alloc(3, 0xff), image, Buffer.alloc(3, 0xff)]);
      const present = Buffer.alloc(nulls.length, 0xff);
      const layout = new RowImageLayout(
        columns.map(({ size }) => size),
        present,
      );
      expect(layout.end(bytes, 3, bytes.length)).toBe(3 + image.length);
      expect(layout.end(bytes, 3, 3 + image.length)).toBe(3 + image.length);
      expect(() => layout.end(bytes, 3, 2 + image.length)).toThrow('past the end');
      const [starts, ends]: [number[], number[]] = [[], []];
      layout.locate(bytes, 3, starts, ends, noValue.absent);
      for (const [place, value] of values.entries())
        if (value.length === 0) expect(starts[place]).toBe(noValue.null);
        else expect(bytes.subarray(starts[place], ends[place])).toEqual(value.at(-1));
    }),
  );
});
