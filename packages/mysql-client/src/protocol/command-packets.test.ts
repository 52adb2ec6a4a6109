import { expect, it } from 'vitest';
import { dataPackets, queryPackets } from './command-packets.ts';
import { PacketCutter } from './packet-cutter.ts';

const longest = 0xff_ffff;

/** Payloads, and the number of the packet behind them. */
const cut = (pieces: Iterable<Buffer>, { join = true } = {}) => {
  const payloads: Buffer[] = [];
  const cutter = new PacketCutter((bytes, start, end) => payloads.push(bytes.subarray(start, end)));
  if (join) cutter.cut(Buffer.concat([...pieces]));
  else for (const piece of pieces) cutter.cut(piece);
  expect(cutter.pendingBytes).toBe(0);
  return { payloads, next: cutter.sequence };
};

it('sends statements together, bytes as they are', () => {
  const bytes = Buffer.from([0x80, 0xff, 0]);
  const { payloads } = cut(queryPackets(['SELECT 1', 'ö', bytes, bytes, 'COMMIT']));
  const wanted = Buffer.concat([
    Buffer.from('\x03SELECT 1;\nö;\n'),
    bytes,
    Buffer.from(';\n'),
    bytes,
    Buffer.from(';\nCOMMIT'),
  ]);
  expect(payloads).toEqual([wanted]);
  expect([...queryPackets([bytes])].at(-1)?.buffer).toBe(bytes.buffer);
});

it.each([longest - 2, longest - 1, longest, 2 * longest - 1, 2 * longest + 5])('sends %i bytes', (length) => {
  const first = Buffer.alloc(1_000, 'a');
  const second = Buffer.alloc(length - first.length - 2, 'b');
  const { payloads, next } = cut(queryPackets([first, second]), { join: false });
  const wanted = Buffer.concat([Buffer.of(3), first, Buffer.from(';\n'), second]);
  expect(payloads).toHaveLength(1);
  expect(payloads[0]?.equals(wanted)).toBe(true);
  expect(next).toBe(Math.floor((length + 1) / longest) + 1);
});

it('sends data in packets that go on with the numbers, and an empty one behind them', () => {
  const pieces = ['first', '', 'x'.repeat(700_000)].map((text) => Buffer.from(text));
  const { payloads, next } = cut(dataPackets(pieces, 254));
  expect(payloads.every(({ length }, index) => (length === 0) === (index === payloads.length - 1))).toBe(true);
  expect(Buffer.concat(payloads).equals(Buffer.concat(pieces))).toBe(true);
  expect(next).toBe((254 + payloads.length) & 0xff);
  expect(cut(dataPackets([], 2)).payloads).toEqual([Buffer.alloc(0)]);
});
