import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketCutter } from './packet-cutter.ts';

const longest = 0xff_ffff;

const packetsOf = (payload: Buffer, sequence: { next: number }): Buffer[] => {
  const packets: Buffer[] = [];
  for (let from = 0; from <= payload.length; from += longest) {
    const part = payload.subarray(from, from + longest);
    const header = Buffer.alloc(4);
    header.writeUIntLE(part.length, 0, 3);
    header[3] = sequence.next++ & 0xff;
    packets.push(header, part);
  }
  return packets;
};

const cut = (chunks: readonly Buffer[]): Buffer[] => {
  const payloads: Buffer[] = [];
  const cutter = new PacketCutter((bytes, start, end) => payloads.push(bytes.subarray(start, end)));
  for (const chunk of chunks) cutter.cut(chunk);
  expect(cutter.pendingBytes).toBe(0);
  return payloads;
};

const chunksOf = (stream: Buffer, sizes: readonly number[]): Buffer[] => {
  const chunks: Buffer[] = [];
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(stream.subarray(at, at + size));
    at += size;
  }
  return chunks;
};

describe('PacketCutter', () => {
  it('gives the same payloads however the stream is torn', () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 });
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(payloads, sizes, (arrays, chunkSizes) => {
        const wanted = arrays.map((array) => Buffer.from(array));
        const sequence = { next: 1 };
        const stream = Buffer.concat(wanted.flatMap((payload) => packetsOf(payload, sequence)));
        expect(cut(chunksOf(stream, chunkSizes))).toEqual(wanted);
      }),
    );
  });

  it.each([longest - 1, longest, longest + 1, 2 * longest, 2 * longest + 5])(
    'joins the packets of a payload of %i bytes',
    (length) => {
      const payload = Buffer.alloc(length, 'abcdefg');
      const sequence = { next: 255 };
      const stream = Buffer.concat([payload, Buffer.from('behind')].flatMap((each) => packetsOf(each, sequence)));
      for (const size of [65_536, 4_000_003, stream.length]) {
        const [joined, behind] = cut(chunksOf(stream, [size]));
        expect(joined?.equals(payload)).toBe(true);
        expect(behind?.toString()).toBe('behind');
      }
    },
  );

  it('notices a packet that is missing', () => {
    const sequence = { next: 1 };
    const [first, , third] = ['one', 'two', 'three'].map((text) =>
      Buffer.concat(packetsOf(Buffer.from(text), sequence)),
    );
    const cutter = new PacketCutter(() => {});
    cutter.cut(first ?? Buffer.alloc(0));
    expect(() => cutter.cut(third ?? Buffer.alloc(0))).toThrow(expect.objectContaining({ code: 'PROTOCOL_VIOLATED' }));
  });

  it('copies nothing of what lies in one chunk', () => {
    const chunk = Buffer.concat(packetsOf(Buffer.from('event'), { next: 1 }));
    expect(cut([chunk])[0]?.buffer).toBe(chunk.buffer);
  });
});
