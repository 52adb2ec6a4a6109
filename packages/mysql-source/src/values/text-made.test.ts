import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datetimeDecoder, fractionSize, timestampDecoder } from './date-value.ts';
import { decimalDecoder, decimalSize } from './decimal-value.ts';
import type { ValueDecoder } from './value-decoder.ts';
import { putZeroDate, type ZeroDates } from './zero-dates.ts';

const outcome = (make: () => string | null): string | null => {
  try {
    return make();
  } catch (error) {
    return `failed: ${(error as Error).message}`;
  }
};

const written = (decoder: ValueDecoder, bytes: Buffer): string | null => {
  const target = Buffer.alloc(100);
  const end = decoder.write(bytes, 0, bytes.length, target, 0);
  return end < 0 ? null : target.toString('latin1', 0, end);
};

/** The same decoder reads one value after the other, and keeps something of the last one. */
const expectSame = (decoder: ValueDecoder, values: readonly Buffer[]) => {
  for (const bytes of values)
    expect(outcome(() => decoder.text(bytes, 0, bytes.length))).toEqual(outcome(() => written(decoder, bytes)));
};

const policy = fc.constantFrom<ZeroDates>('error', 'null', { value: '1970-01-01' });
const digits = fc.integer({ min: 0, max: 6 });
/** Any bits, and small numbers, which are near each other. */
const bits = (size: number) =>
  fc.oneof(
    fc.uint8Array({ minLength: size, maxLength: size }).map((bytes) => Buffer.from(bytes)),
    fc.constant(Buffer.alloc(size)),
  );

describe('a text is what is written', () => {
  it('of moments near and far from each other', () => {
    const seconds = fc.oneof(fc.integer({ min: 0, max: 130 }), fc.integer({ min: 1_000_000_000, max: 1_000_000_130 }));
    fc.assert(
      fc.property(digits, policy, fc.array(fc.tuple(seconds, bits(3))), (count, zero, moments) => {
        const values = moments.map(([second, fraction]) => {
          const bytes = Buffer.alloc(4 + fractionSize(count));
          bytes.writeUInt32BE(second);
          fraction.copy(bytes, 4, 0, fractionSize(count));
          return bytes;
        });
        expectSame(timestampDecoder(count, putZeroDate(zero)), values);
      }),
    );
  });

  it('of dates with times, those that do not exist, and others that are none', () => {
    // Few, so that many are of the minute of the one before.
    const one = (...of: readonly number[]) => fc.constantFrom(...of);
    const moment = fc.tuple(
      one(2024, 2024, 2024, 0),
      one(2, 2, 2, 0),
      one(1, 30),
      one(1),
      one(0, 1),
      one(0, 59, 60, 63),
    );
    fc.assert(
      fc.property(digits, policy, fc.array(fc.tuple(moment, bits(3)), { minLength: 10 }), (count, zero, moments) => {
        const values = moments.map(([[year, month, day, hour, minute, second], fraction]) => {
          const packed = (((year * 13 + month) * 32 + day) * 32 + hour) * 4096 + minute * 64 + second;
          const bytes = Buffer.alloc(5 + fractionSize(count));
          bytes.writeUIntBE(packed + 0x80_0000_0000, 0, 5);
          fraction.copy(bytes, 5, 0, fractionSize(count));
          return bytes;
        });
        expectSame(datetimeDecoder(count, putZeroDate(zero)), values);
      }),
    );
  });

  it('of decimal numbers of every size, also of bytes that are none', () => {
    const size = fc.tuple(fc.integer({ min: 1, max: 65 }), fc.integer({ min: 0, max: 30 }));
    fc.assert(
      fc.property(size, fc.array(bits(30)), fc.boolean(), ([precision, scale], all, isSmall) => {
        const decoder = decimalDecoder(precision, Math.min(precision, scale));
        const length = decimalSize(precision, Math.min(precision, scale));
        const values = all.map((bytes) => {
          const value = bytes.subarray(0, length);
          // Zeros in front are left out.
          if (isSmall) value.fill(0, 1, length - 1)[0] = 0x80;
          return value;
        });
        expectSame(decoder, values);
      }),
    );
  });
});
