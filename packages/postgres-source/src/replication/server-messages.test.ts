import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ServerMessages } from './server-messages.ts';

interface Message {
  readonly kind: string;
  readonly content: Buffer;
}

const encoded = ({ kind, content }: Message): Buffer => {
  const header = Buffer.alloc(5);
  header.write(kind, 'latin1');
  header.writeUInt32BE(content.length + 4, 1);
  return Buffer.concat([header, content]);
};

/** What comes out for chunks that go in. */
const cut = (chunks: readonly Buffer[]): readonly Message[] => {
  const found: Message[] = [];
  const messages = new ServerMessages({
    copyData: (bytes, start, end) => {
      found.push({ kind: 'd', content: Buffer.from(bytes.subarray(start, end)) });
    },
    other: (message) => {
      found.push({ kind: String.fromCharCode(message[0] ?? 0), content: message.subarray(5) });
      expect(message.readUInt32BE(1)).toBe(message.length - 1);
    },
  });
  for (const chunk of chunks) messages.push(chunk);
  return found;
};

const pieces = (bytes: Buffer, lengths: readonly number[]): readonly Buffer[] => {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const length of [...lengths, bytes.length]) {
    if (at >= bytes.length) break;
    chunks.push(Buffer.from(bytes.subarray(at, at + length)));
    at += length;
  }
  return chunks;
};

const message = fc.record({
  kind: fc.constantFrom('d', 'd', 'd', 'N', 'E', 'C', 'W'),
  content: fc.oneof(
    { weight: 8, arbitrary: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.nat({ max: 200_000 }).map((length) => Buffer.alloc(length, length % 251)) },
  ),
});

describe('ServerMessages', () => {
  it('finds the same messages however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 12 }),
        fc.array(fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 70_000 })), { maxLength: 40 }),
        (sent, lengths) => {
          const bytes = Buffer.concat(sent.map(encoded));
          const found = cut(pieces(bytes, lengths));
          expect(found.map(({ kind, content }) => [kind, content.length])).toEqual(
            sent.map(({ kind, content }) => [kind, content.length]),
          );
          expect(found.every(({ content }, index) => sent[index]?.content.equals(content))).toBe(true);
        },
      ),
    );
  });

  it('finds them byte by byte', () => {
    const sent = ['d', 'N', 'd'].map((kind) => ({ kind, content: Buffer.from('content') }));
    const bytes = Buffer.concat(sent.map(encoded));
    const ones = [...bytes].map(() => 1);
    expect(cut(pieces(bytes, ones))).toEqual(sent);
  });

  it('does not copy what came in one piece', () => {
    const chunk = encoded({ kind: 'd', content: Buffer.from('row') });
    const seen: unknown[] = [];
    const copyData = (bytes: Buffer, start: number, end: number) => seen.push(bytes, start, end);
    new ServerMessages({ copyData, other: () => {} }).push(chunk);
    expect(seen[0]).toBe(chunk);
    expect(seen.slice(1)).toEqual([5, 8]);
  });

  it.each([0, 1, 3, 2 ** 30, 2 ** 32 - 1])('refuses a length of %i, wherever its bytes are cut', (length) => {
    const bytes = Buffer.from([0x64, 0, 0, 0, 0, 1, 2, 3]);
    bytes.writeUInt32BE(length, 1);
    for (let at = 0; at <= bytes.length; at++) {
      const chunks = [bytes.subarray(0, at), bytes.subarray(at)];
      expect(() => cut(chunks), `cut at ${at}`).toThrow('not a message');
    }
  });

  it('holds no more of a message than came of it and as much again', () => {
    const header = Buffer.from([0x64, 0x3f, 0xff, 0xff, 0xff]);
    const before = process.memoryUsage().arrayBuffers;
    const messages = new ServerMessages({ copyData: () => {}, other: () => {} });
    messages.push(header);
    for (let count = 0; count < 16; count++) messages.push(Buffer.alloc(64 * 1024));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  });

  it('copies in proportion to the length of a message, however many pieces it has', () => {
    const [pieceLength, count] = [16 * 1024, 6_400];
    const chunk = Buffer.alloc(pieceLength);
    const first = Buffer.from(chunk);
    first.write('d');
    first.writeUInt32BE(count * pieceLength - 1, 1);
    const lengths: number[] = [];
    const messages = new ServerMessages({ copyData: (_, start, end) => lengths.push(end - start), other: () => {} });
    const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow');
    onTestFinished(() => allocate.mockRestore());
    messages.push(first);
    for (let piece = 1; piece < count; piece++) messages.push(chunk);
    expect(lengths).toEqual([count * pieceLength - 5]);
    const allocated = allocate.mock.calls.reduce((sum, [length]) => sum + length, 0);
    expect(allocated).toBeLessThan(3 * count * pieceLength);
  });
});
