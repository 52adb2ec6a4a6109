import type { Checkpoint, RangeProgress, TableProgress } from '@millrace/core';

/** Whether ranges of the table have yet to be copied, and by this stream. */
export const isBeingCopied = (progress: TableProgress | undefined): boolean =>
  progress !== undefined && !['catching-up', 'live', 'aside'].includes(progress.state);

/** The tables whose progress means nothing any more with the next checkpoint: copied, given up, or begun anew. */
export const endedCopies = (saved: Checkpoint, next: Checkpoint): readonly string[] => {
  if (saved.tables === next.tables) return [];
  const ended = Object.keys(saved.tables).filter(
    (table) => isBeingCopied(saved.tables[table]) && !isBeingCopied(next.tables[table]),
  );
  const begun = Object.keys(next.tables).filter(
    (table) => next.tables[table]?.state === 'pending' && saved.tables[table]?.state !== 'pending',
  );
  return [...ended, ...begun];
};

const sameRange = (one: RangeProgress, other: RangeProgress): boolean =>
  one.range.from === other.range.from && one.range.to === other.range.to;

/** The checkpoint with the ranges as far as they are: what was committed with the chunks is newer than what it says. */
export const mergeProgress = (checkpoint: Checkpoint, progress: readonly RangeProgress[]): Checkpoint => {
  if (progress.length === 0) return checkpoint;
  const tables = Object.entries(checkpoint.tables).map(([name, table]) => {
    const own = isBeingCopied(table) ? progress.filter((range) => range.table === name) : [];
    const planned = table.ranges.map((range) => own.find((newer) => sameRange(newer, range)) ?? range);
    const more = own.filter((newer) => !table.ranges.some((range) => sameRange(newer, range)));
    return [name, own.length === 0 ? table : { ...table, ranges: [...planned, ...more] }] as const;
  });
  return { ...checkpoint, tables: Object.fromEntries(tables) };
};
