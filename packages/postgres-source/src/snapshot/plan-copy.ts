import type { CopyPlan, Range } from '@millrace/core';
import { rangeStarts, shareRanges } from './block-ranges.ts';
import { type CopiedTable, shapeOf } from './copied-table.ts';
import { formatCursor, placesPerBlock } from './copy-cursor.ts';
import type { Heap } from './heaps.ts';

/** The last range has no end: the heap may still grow. */
export const rangesOf = (copied: CopiedTable, heap: Heap, count: number): readonly Range[] => {
  const version = { oid: heap.oid, filenode: heap.filenode, shape: shapeOf(copied, heap) };
  const starts = rangeStarts(heap.blocks, count).map((block) =>
    formatCursor({ ...version, place: block * placesPerBlock }),
  );
  return starts.map((from, index) => ({ from, to: starts[index + 1] ?? null }));
};

/** Ranges of blocks of each heap of a table, about `count` together, but at least one of each. */
export const planOf = (copied: CopiedTable, heaps: readonly Heap[], count: number): CopyPlan => {
  const shares = shareRanges(
    heaps.map(({ blocks }) => blocks),
    count,
  );
  return {
    ranges: copied.convergent ? heaps.flatMap((heap, index) => rangesOf(copied, heap, shares[index] ?? 1)) : null,
    rows: heaps.reduce<number | null>((sum, { rows }) => (sum === null || rows === null ? null : sum + rows), 0),
    bytes: heaps.reduce((sum, { bytes }) => sum + bytes, 0),
  };
};
