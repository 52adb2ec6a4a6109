import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MessageReader, type ProtocolMessage } from './message-reader.ts';

const typed = fc.record({
  type: fc.constantFrom('Q', 'd', 'Z', 'C'),
  body: fc.uint8Array({ maxLength: 40 }),
});

function encode({ type, body }: { type: string; body: Uint8Array }): ProtocolMessage {
  const header = Buffer.alloc(5, type);
  header.writeUInt32BE(body.length + 4, 1);
  return { type, bytes: Buffer.concat([header, body]) };
}

it('gives the same messages whatever the chunks they arrive in', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 });
  fc.assert(
    fc.property(fc.array(typed), sizes, (parts, chunkSizes) => {
      const startup: ProtocolMessage = { type: '', bytes: Buffer.from([0, 0, 0, 8, 0, 3, 0, 0]) };
      const messages = [startup, ...parts.map(encode)];
      const stream = Buffer.concat(messages.map(({ bytes }) => bytes));
      const reader = new MessageReader('untyped');
      const read: ProtocolMessage[] = [];
      for (let start = 0, chunk = 0; start < stream.length; chunk++) {
        const size = chunkSizes[chunk % chunkSizes.length] ?? 1;
        for (const message of reader.messages(stream.subarray(start, start + size))) {
          reader.format = 'typed';
          read.push(message);
        }
        start += size;
      }
      expect(read).toEqual(messages);
    }),
  );
});
