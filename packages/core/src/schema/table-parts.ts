import type { TableStorage } from '../model/table-storage.ts';

/** Rows that the log does not tell of have become rows of the table. */
export const hasJoined = ({ parts: before }: TableStorage, { parts: now = {} }: TableStorage): boolean =>
  before !== undefined && Object.entries(now).some(([id, { hadRows }]) => hadRows && !Object.hasOwn(before, id));

/** Rows of the table are rows of it no more, with no change of a row in the log. */
export const hasLost = (before: TableStorage, now: TableStorage): boolean =>
  now.parts !== undefined && Object.keys(before.parts ?? {}).some((id) => !Object.hasOwn(now.parts ?? {}, id));

/** The rows that both have may have been written anew. */
export const isOtherHeap = (before: TableStorage, now: TableStorage): boolean =>
  before.heap !== now.heap ||
  Object.entries(before.parts ?? {}).some(([id, { heap }]) => {
    const part = now.parts !== undefined && Object.hasOwn(now.parts, id) ? now.parts[id] : undefined;
    return part !== undefined && part.heap !== heap;
  });
