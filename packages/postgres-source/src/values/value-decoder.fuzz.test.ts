import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BinaryTypes } from './binary-types.ts';
import { builtinOid } from './builtin-types.ts';
import { columnValues } from './column-values.ts';
import { MalformedValue } from './malformed-value.ts';
import { typeLiterals } from './type-literals.test-support.ts';

const types = new BinaryTypes();
const decoderOf = (name: string) => {
  const oid = builtinOid(name) ?? 0;
  return columnValues(oid, name, types).decoder;
};
const stringified = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value);

describe('valueDecoder, any bytes', () => {
  const names = Object.keys(typeLiterals).flatMap((name) => [name, `_${name}`]);
  const outcome = (decode: () => unknown): unknown => {
    try {
      return decode();
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedValue);
      return 'malformed';
    }
  };
  const small = fc.constantFrom(0, 0, 0, 0, 1, 2, 3, 4, 8, 0x19, 0x40, 0xff);
  const bytes = fc.oneof(
    fc.array(small, { maxLength: 60 }).map((list) => Buffer.from(list)),
    fc.uint8Array({ maxLength: 60 }).map((list) => Buffer.from(list)),
  );

  it('decodes or throws MalformedValue, and looks at nothing around them', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), bytes, (name, value) => {
        const decoder = decoderOf(name);
        for (const decode of [decoder.fromText, decoder.fromBinary, decoder.textOfBinary]) {
          const outcomes = [0, 1, 0x7f, 0xff].map((around) => {
            const padding = Buffer.alloc(16, around);
            const framed = Buffer.concat([padding, value, padding]);
            return outcome(() => decode(framed, 16, 16 + value.length));
          });
          expect(new Set(outcomes.map((result) => JSON.stringify(result, stringified))).size).toBe(1);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('says the same about the text and the value of a binary form', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), bytes, (name, value) => {
        const decoder = decoderOf(name);
        const text = outcome(() => decoder.textOfBinary(value, 0, value.length));
        if (text === 'malformed') return;
        const utf8 = Buffer.from(String(text));
        expect(outcome(() => decoder.fromBinary(value, 0, value.length))).toStrictEqual(
          outcome(() => decoder.fromText(utf8, 0, utf8.length)),
        );
      }),
      { numRuns: 5000 },
    );
  });
});
