import fc from 'fast-check';

import { expect, it } from 'vitest';
import { TextEscaper } from '../../../packages/sql-sink/src/postgres/apply/text-escaper.ts';

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const escaped = (text: string): string => text.replace(/[\\\n\r\t]/g, (byte) => escapes[byte] ?? byte);

const special = fc.constantFrom(
  '\\',
  '\n',
  '\r',
  '\t',
  '\b',
  '\u000b',
  '\u000e',
  '\u007f',
  '\u0080',
  '\u00dc',
  '\u00ff',
);
const byte = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)) },
  special,
);
const value = fc.oneof(
  fc.array(byte, { maxLength: 20 }).map((bytes) => bytes.join('')),
  fc.tuple(byte, fc.integer({ min: 1_020, max: 1_030 })).map(([one, length]) => `${'x'.repeat(length)}${one}`),
);

it('escapes what COPY reads as something else, and nothing more, wherever it stands', () => {
  const escaper = new TextEscaper();
  const other = Buffer.alloc(64);
  fc.assert(
    fc.property(value, fc.nat({ max: 7 }), fc.nat({ max: 7 }), (text, before, offset) => {
      const source = Buffer.from(`${'\\'.repeat(before)}${text}\\`, 'latin1');
      const expected = escaped(text);
      const target = Buffer.alloc(offset + text.length * 2);
      const end = escaper.copy(source, before, before + text.length, target, offset);
      expect(target.toString('latin1', offset, end)).toBe(expected);
      // What was looked at before is not mistaken for this.
      escaper.copy(other, 0, 4, other, 32);
    }),
  );
});
