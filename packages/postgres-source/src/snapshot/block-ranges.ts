/** Blocks below which a range is not worth a connection of its own: 8 MiB of rows. */
const fewestBlocks = 1_024;

/** From which block on each range goes, for `count` ranges at most. The first one is 0, none is empty. */
export const rangeStarts = (blocks: number, count: number): readonly number[] => {
  const ranges = Math.max(1, Math.min(count, Math.floor(blocks / fewestBlocks)));
  return Array.from({ length: ranges }, (_, index) => Math.floor((blocks * index) / ranges));
};

/** How many of `count` ranges each of several heaps gets, by its size; at least one. */
export const shareRanges = (blocks: readonly number[], count: number): readonly number[] => {
  const total = blocks.reduce((sum, one) => sum + one, 0);
  return blocks.map((one) => Math.max(1, total === 0 ? 1 : Math.round((count * one) / total)));
};
