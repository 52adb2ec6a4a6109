import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteCopier } from './byte-copier.ts';

it('copies these bytes and no others, however many and from wherever', () => {
  const copier = new ByteCopier();
  const buffers = fc.uint8Array({ minLength: 1, maxLength: 400 });
  fc.assert(
    fc.property(buffers, fc.nat(), fc.nat(), fc.nat({ max: 9 }), (bytes, one, two, offset) => {
      const [start, end] = [one % (bytes.length + 1), two % (bytes.length + 1)].sort((a, b) => a - b) as [
        number,
        number,
      ];
      // Inside larger memory, as what a socket delivers is.
      const source = Buffer.from(Buffer.concat([Buffer.alloc(3), bytes]).buffer).subarray(-bytes.length);
      const [from, target] = [Buffer.from(bytes), Buffer.alloc(end - start + offset + 5, 0xaa)];
      copier.copy(source.equals(from) ? source : from, start, end, target, offset);
      const untouched = (length: number) => Buffer.alloc(length, 0xaa);
      expect(target).toEqual(Buffer.concat([untouched(offset), from.subarray(start, end), untouched(5)]));
    }),
  );
});
