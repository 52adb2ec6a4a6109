import { describe, expect, it } from 'vitest';
import { ChunkSpan } from './chunk-span.ts';
import { placesPerBlock } from './copy-cursor.ts';

const maxBytes = 1_000_000;

interface Table {
  readonly blocks: number;
  readonly rowsPerBlock: number;
  readonly bytesPerRow: (block: number) => number;
}

/** Reads a table that does not exist: what the chunks hold, and how many were given up. */
const read = ({ blocks, rowsPerBlock, bytesPerRow }: Table, estimate: number | null = null) => {
  const span = new ChunkSpan(maxBytes, estimate);
  const chunks: { bytes: number; rows: number }[] = [];
  let exceeded = 0;
  const end = blocks * placesPerBlock;
  for (let from = 0; from < end; ) {
    const to = Math.min(span.endFrom(from), end);
    expect(to).toBeGreaterThan(from);
    let bytes = 0;
    let rows = 0;
    for (let block = Math.floor(from / placesPerBlock); block * placesPerBlock < to; block++) {
      const first = Math.max(1, from - block * placesPerBlock);
      const count = Math.max(0, Math.min(rowsPerBlock + 1, to - block * placesPerBlock) - first);
      rows += count;
      bytes += count * bytesPerRow(block);
    }
    if (span.limit !== null && bytes > span.limit) {
      exceeded += 1;
      span.exceeded();
      continue;
    }
    span.held(bytes, rows, to);
    chunks.push({ bytes, rows });
    from = to;
  }
  return { chunks, exceeded, rows: chunks.reduce((sum, chunk) => sum + chunk.rows, 0) };
};

describe('ChunkSpan', () => {
  it('finds the size of a chunk by itself', () => {
    const { chunks, exceeded, rows } = read({ blocks: 20_000, rowsPerBlock: 100, bytesPerRow: () => 100 });
    expect(rows).toBe(2_000_000);
    expect(exceeded).toBe(0);
    const whole = chunks.slice(5, -1).map(({ bytes }) => bytes);
    expect(Math.min(...whole)).toBeGreaterThan(0.7 * maxBytes);
    expect(Math.max(...whole)).toBeLessThan(maxBytes);
  });

  it('cuts a block that is too large, and keeps to what it learned there', () => {
    const { chunks, exceeded, rows } = read({ blocks: 20, rowsPerBlock: 50, bytesPerRow: () => 100_000 }, 8_192);
    expect(rows).toBe(1_000);
    expect(exceeded).toBeLessThan(6);
    expect(Math.max(...chunks.map(({ bytes }) => bytes))).toBeLessThanOrEqual(2 * maxBytes);
    expect(chunks.filter((chunk) => chunk.rows > 0).length).toBeLessThan(250);
  });

  it('takes a row that is too large by itself', () => {
    const { chunks, rows } = read({ blocks: 2, rowsPerBlock: 3, bytesPerRow: () => 50_000_000 });
    expect(rows).toBe(6);
    expect(Math.max(...chunks.map((chunk) => chunk.rows))).toBe(1);
  });

  it('gets along with blocks that change their size from one to the next', () => {
    const bytesPerRow = (block: number) => (block % 100 < 50 ? 10 : 20_000);
    const { chunks, exceeded, rows } = read({ blocks: 1_000, rowsPerBlock: 100, bytesPerRow });
    expect(rows).toBe(100_000);
    expect(exceeded).toBeLessThan(chunks.length / 10);
    expect(Math.max(...chunks.map(({ bytes }) => bytes))).toBeLessThanOrEqual(2 * maxBytes);
  });

  it('passes over a table without rows in few steps, none of which is without end', () => {
    const { chunks } = read({ blocks: 1_000_000, rowsPerBlock: 0, bytesPerRow: () => 0 });
    expect(chunks.length).toBeLessThan(50);
    expect(chunks.length).toBeGreaterThan(1_000_000 / 32_768);
  });
});
