import type { CopyPlan } from '@millrace/core';
import type { CopiedTable } from './copied-table.ts';
import { formatCursor } from './key-cursor.ts';

/** Rows below which a range is not worth a connection of its own. */
const fewestRows = 50_000;

/** Where each of `count` ranges between two integers begins, but the first; none is empty. */
export const rangeStarts = (first: bigint, last: bigint, count: number): readonly bigint[] => {
  const span = last - first + 1n;
  const ranges = BigInt(Math.max(1, count));
  const starts = Array.from({ length: count }, (_, index) => first + (span * BigInt(index)) / ranges);
  return [...new Set(starts)].filter((start) => start > first);
};

/** How many ranges are worth it. */
const usefulRanges = (rows: number | null, count: number): number =>
  Math.max(1, Math.min(count, Math.floor((rows ?? 0) / fewestRows)));

/**
 * Ranges of the first column of the key: the first has no beginning and the last no end, whatever the table holds by
 * then. `bounds`: the least and the greatest value; `null`: it is no integer, or there is no row.
 */
export const planOf = (
  { version, convergent, rows, bytes }: CopiedTable,
  bounds: readonly [first: bigint, last: bigint] | null,
  count: number,
): CopyPlan => {
  if (!convergent) return { ranges: null, rows, bytes };
  const starts = bounds === null ? [] : rangeStarts(...bounds, usefulRanges(rows, count));
  const cursors = [
    formatCursor({ version, place: { kind: 'start' } }),
    ...starts.map((start) => formatCursor({ version, place: { kind: 'from', value: String(start) } })),
  ];
  return { ranges: cursors.map((from, index) => ({ from, to: cursors[index + 1] ?? null })), rows, bytes };
};
