import type { Change } from '../model/change.ts';
import { type BatchEnd, batchEnd, type ChangeBatch } from '../model/change-batch.ts';
import type { IndexedChanges } from '../model/indexed-changes.ts';
import { joinIndexed } from './joined-indexed-changes.ts';

class JoinedChanges implements Iterable<Change> {
  readonly length: number;
  readonly indexed?: IndexedChanges;
  readonly #batches: readonly ChangeBatch[];

  constructor(batches: readonly ChangeBatch[]) {
    this.#batches = batches;
    this.length = batches.reduce((length, { changes }) => length + changes.length, 0);
    const parts = batches.filter(({ changes }) => changes.length > 0);
    const indexed = joinIndexed(parts.map(({ changes }) => changes.indexed));
    if (indexed !== null) this.indexed = indexed;
  }

  *[Symbol.iterator](): Iterator<Change> {
    for (const { changes } of this.#batches) yield* changes;
  }
}

/** Consecutive batches as one, in order, without copying a row. */
export const mergeBatches = (batches: readonly [ChangeBatch, ...ChangeBatch[]]): ChangeBatch => {
  const [first] = batches;
  if (batches.length === 1) return first;
  const tables = new Map<string, number>();
  let bytes = 0;
  let commitTime: number | null = null;
  for (const batch of batches) {
    for (const [table, count] of batch.tables) tables.set(table, (tables.get(table) ?? 0) + count);
    bytes += batch.bytes;
    if (batch.commitTime !== null) commitTime = Math.max(commitTime ?? 0, batch.commitTime);
  }
  return {
    relations: [...new Set(batches.flatMap(({ relations }) => relations))],
    schemaChanges: first.schemaChanges,
    changes: new JoinedChanges(batches),
    tables,
    commitTime,
    bytes,
    ...endOf(batches),
  };
};

/** That of the last one, with what the source was last heard to say. */
const endOf = (batches: readonly [ChangeBatch, ...ChangeBatch[]]): BatchEnd => {
  const end = batchEnd(batches[batches.length - 1] ?? batches[0]);
  if (end.position === null) return end;
  const states = batches.flatMap((batch) => (batch.position === null ? [] : (batch.state ?? [])));
  const state = states.at(-1);
  return state === undefined ? end : { ...end, state };
};
