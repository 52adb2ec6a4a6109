import type { ChangeOf, Schema } from './change.ts';
import type { Position, Transaction } from './position.ts';
import type { Relation } from './relation.ts';

/** A change of a table's shape at its place in the log. */
export interface SchemaChange {
  readonly before: Relation | null;
  readonly after: Relation | null;
  readonly kind: string;
  readonly statement: string | null;
  readonly sequence: number;
  /** False when it was inferred from the rows around it. */
  readonly certain: boolean;
  /** Existing rows changed with no row events for them. */
  readonly rewritesRows: boolean;
}

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
  /** Made while iterating. May be iterated more than once, until the batch is done. */
  readonly changes: Iterable<ChangeOf<S>> & { readonly length: number };
  /** What the batch retains in memory, which is more than its rows measure when it pins shared buffers. */
  readonly bytes: number;
} & ({ readonly position: Position } | { readonly position: null; readonly transaction: Transaction });
