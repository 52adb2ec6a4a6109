import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CopyMessages } from '../../../packages/sql-sink/src/postgres/copy/copy-messages.ts';
import { copyContents } from '../../../packages/sql-sink/src/postgres/testing/parse-copy.ts';

/** Messages as the server finds their borders. */
const framed = (bytes: Buffer): readonly Buffer[] => {
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 1 + bytes.readUInt32BE(at + 1))
    messages.push(bytes.subarray(at, at + 1 + bytes.readUInt32BE(at + 1)));
  return messages;
};

it('whatever pieces the data comes in, the messages hold it', () => {
  const sizes = fc.array(fc.oneof(fc.nat(100), fc.constantFrom(0, 65_535, 65_536, 65_537, 200_000)), { maxLength: 12 });
  fc.assert(
    fc.property(sizes, (lengths) => {
      const pieces = lengths.map((length, n) => Buffer.alloc(length, n));
      const messages = new CopyMessages(pieces);
      const sent = Buffer.concat([...messages]);
      expect(copyContents(framed(sent)).equals(Buffer.concat(pieces))).toBe(true);
      expect(Buffer.concat([...messages]).equals(sent)).toBe(true);
      for (const message of framed(sent)) expect(message.length).toBeGreaterThan(5);
    }),
    { numRuns: 50 },
  );
});
