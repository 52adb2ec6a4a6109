import { describe, expect, it } from 'vitest';
import { RowArena } from './row-arena.ts';

const budget = 10_000_000;

const place = (arena: RowArena, length: number, byte: number, limit = budget) => {
  const target = arena.reserve(length, limit);
  const offset = arena.placedOffset;
  target.fill(byte, offset, offset + length);
  arena.keep(offset + length);
  return { chunk: arena.placedChunk, offset: arena.placedOffset, length, byte };
};

const isIntact = (arena: RowArena, { chunk, offset, length, byte }: ReturnType<typeof place>): boolean =>
  arena.chunks[chunk]?.subarray(offset, offset + length).every((found) => found === byte) ?? false;

describe('RowArena', () => {
  it('keeps no more than was written', () => {
    const arena = new RowArena();
    arena.reserve(100, budget);
    arena.keep(arena.placedOffset + 40);
    expect(place(arena, 10, 1).offset).toBe(40);
  });

  it('starts small and grows in larger steps up to a limit', () => {
    const arena = new RowArena();
    expect(arena.capacity).toBe(0);
    for (let row = 0; row < 1000; row++) place(arena, 1000, row & 0xff);
    const sizes = arena.chunks.map(({ length }) => length / 1024);
    expect(sizes.slice(0, 6)).toEqual([16, 32, 64, 128, 256, 256]);
    expect(arena.capacity).toBe(arena.chunks.reduce((sum, { length }) => sum + length, 0));
  });

  it('gives a large row a buffer of its own and goes on in the old chunk', () => {
    const arena = new RowArena();
    const rows = [place(arena, 10, 1), place(arena, 1_000_000, 2), place(arena, 10, 3)];
    expect(arena.chunks.map(({ length }) => length)).toEqual([16 * 1024, 1_000_000]);
    expect(rows.map(({ chunk }) => chunk)).toEqual([0, 1, 0]);
    expect(rows.every((row) => isIntact(arena, row))).toBe(true);
  });

  it('grows by half of the budget at most, or by the row', () => {
    const arena = new RowArena();
    place(arena, 100, 1, 2000);
    expect(arena.capacity).toBe(1000);
    expect(arena.growth(900)).toBe(0);
    expect(arena.growth(901)).toBe(901);
    place(arena, 950, 1, 1000);
    expect(arena.capacity).toBe(1950);
    place(arena, 950, 1, -5);
    expect(arena.capacity).toBe(2900);
  });

  it('does not share its memory with anything else', () => {
    const arena = new RowArena();
    place(arena, 10, 1);
    expect(arena.chunks[0]?.buffer.byteLength).toBe(arena.chunks[0]?.length);
  });

  it.each([
    ['into the same chunk', [50, 60], [70, 80]],
    ['and left the chunk full', [16_000], [300, 400, 500, 20_000]],
    ['in new chunks only', [1_000_000], [1_000_000, 10]],
    ['from the beginning', [], [10, 200_000, 10]],
    ['and never', [10, 100_000], []],
    ['after many chunks', Array.from({ length: 400 }, () => 999), Array.from({ length: 400 }, () => 777)],
  ])('moves out what was placed after a mark, %s', (_, before, after) => {
    const arena = new RowArena();
    const staying = before.map((length, index) => place(arena, length, index & 0xff));
    const mark = arena.mark();
    const moving = after.map((length, index) => place(arena, length, (100 + index) & 0xff));
    const whole = arena.capacity;
    const split = arena.split(mark);
    const moved = moving.map((row) => ({
      ...row,
      chunk: split.chunk(row.chunk),
      offset: split.offset(row.chunk, row.offset),
    }));
    const more = place(split.arena, 50, 99);
    expect(staying.every((row) => isIntact(arena, row))).toBe(true);
    expect([...moved, more].every((row) => isIntact(split.arena, row))).toBe(true);
    for (const { chunks, capacity } of [arena, split.arena])
      expect(capacity).toBe(chunks.reduce((sum, { length }) => sum + length, 0));
    expect(arena.capacity).toBeLessThanOrEqual(whole);
  });

  it('goes on where it was after a split', () => {
    const arena = new RowArena();
    place(arena, 1000, 1);
    const mark = arena.mark();
    place(arena, 20_000, 2);
    for (let row = 0; row < 20; row++) place(arena, 1000, 3);
    const { arena: moved } = arena.split(mark);
    const capacity = moved.capacity;
    expect(moved.growth(1000)).toBe(0);
    place(moved, 1000, 4);
    expect(moved.capacity).toBe(capacity);
  });
});
