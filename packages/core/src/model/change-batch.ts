import type { Change, ChangeOf, Schema } from './change.ts';
import type { IndexedChanges } from './indexed-changes.ts';
import type { Position, Transaction } from './position.ts';
import type { Relation } from './relation.ts';
import type { SchemaChange } from './schema-change.ts';

/**
 * What moves: changes in log order and the position that is safe once they are durable.
 *
 * Either whole transactions (`position` set: everything before it is contained in this batch and the ones before
 * it), or a part of exactly one transaction (`position: null`) until the batch with its last part. A batch without
 * changes and with a position is a heartbeat; it never lies inside a transaction.
 */
export type ChangeBatch<S = Schema> = {
  /** Every relation its changes use: a batch can be read without the ones before it. */
  readonly relations: readonly Relation[];
  /** In force before the first change; a schema change always starts a new batch. */
  readonly schemaChanges: readonly SchemaChange[];
  /**
   * Made while iterating. May be iterated more than once, until the batch is done. `indexed`: the same changes without
   * an object for each, where the source has them.
   */
  readonly changes: Iterable<ChangeOf<S>> & { readonly length: number; readonly indexed?: IndexedChanges };
  /** How many changes there are by `schema.table`. */
  readonly tables: ReadonlyMap<string, number>;
  /** When the source committed the newest of its transactions, in milliseconds since 1970; `null` without changes. */
  readonly commitTime: number | null;
  /** What the batch retains in memory, which is more than its rows measure when it pins shared buffers. */
  readonly bytes: number;
} & BatchEnd;

/** Where a batch ends, which `changeBatch` cannot work out from the changes. */
export type BatchEnd =
  | {
      readonly position: Position;
      /** What its source is to be told with this position (`LogStart.state`); absent: what was said last. */
      readonly state?: string;
    }
  | { readonly position: null; readonly transaction: Transaction };

/**
 * Makes a batch of changes that exist already. Sources that decode lazily make their own. That the rows are those of
 * `S` is the caller's word, and so is what the batch retains, if it is more than its rows measure.
 */
export const changeBatch = <S = Schema>(
  changes: readonly Change[],
  end: BatchEnd,
  retained?: number,
): ChangeBatch<S> => {
  const tables = new Map<string, number>();
  const relations = new Set<Relation>();
  let bytes = retained ?? 0;
  let commitTime: number | null = null;
  for (const { image, relation, table, transaction } of changes) {
    tables.set(table, (tables.get(table) ?? 0) + 1);
    relations.add(relation);
    if (retained === undefined) bytes += sizeOf(image);
    if (transaction !== null) commitTime = Math.max(commitTime ?? 0, transaction.commitTime);
  }
  const typed = changes as unknown as readonly ChangeOf<S>[];
  return { relations: [...relations], schemaChanges: [], changes: typed, tables, commitTime, bytes, ...end };
};

/** A batch with the same contents and another end. Batches may be instances of a class, so they are not spread. */
export const rebatch = (batch: ChangeBatch, end: BatchEnd): ChangeBatch => {
  const { relations, schemaChanges, changes, tables, commitTime, bytes } = batch;
  return { relations, schemaChanges, changes, tables, commitTime, bytes, ...end };
};

export const batchEnd = (batch: ChangeBatch): BatchEnd => {
  if (batch.position === null) return { position: null, transaction: batch.transaction };
  const { position, state } = batch;
  return state === undefined ? { position } : { position, state };
};

const sizeOf = ({ after, before }: Change['image']): number =>
  perChangeBytes + (after?.byteLength ?? 0) + (before?.byteLength ?? 0);

/** What a change costs beside the bytes of its rows: an estimate of the objects that stand for it. */
const perChangeBytes = 100;
