import type { Change, Checkpoint, Position, SinkBatch } from '@millrace/core';

/** A target transaction that holds the parts of one source transaction so far. */
export interface OpenTransaction {
  readonly id: string;
  readonly sequentially: boolean;
  /** The number of the last change that it was given. */
  last: number;
}

/** How much of a transaction that was committed in pieces is there. */
export type AppliedPieces = Checkpoint['partial'];

/**
 * Of a transaction that was committed in pieces around changes of tables, what came before the last of them is there. So are
 * those changes: the target may not have the shape of what is left out any more.
 */
export const withoutApplied = (batch: SinkBatch, partial: AppliedPieces): SinkBatch => {
  const isApplied = ({ transaction, sequence }: Change) =>
    partial !== null && transaction?.id === partial.transaction && sequence <= partial.sequence;
  if (partial === null || ![...batch.changes].some(isApplied)) return batch;
  const changes = [...batch.changes].filter((change) => !isApplied(change));
  const left = new Set(changes.map(({ relation }) => relation));
  return { ...batch, changes, relations: batch.relations.filter((relation) => left.has(relation)) };
};

/** The number of the last change; `null` without changes. */
export const lastSequence = ({ changes }: SinkBatch): number | null => {
  if (changes.indexed !== undefined && changes.length > 0) return changes.indexed.at(changes.length - 1).sequence;
  let last: number | null = null;
  for (const { sequence } of changes) last = sequence;
  return last;
};

/** Tells changes of tables apart, also after a restart: what comes again comes in the same order behind the same position. */
export class EvolutionPlaces {
  #position: Position | null = null;
  #batches = 0;

  /** Of the next change behind a position. */
  next(position: Position | null): string {
    if (this.#position !== position) this.#batches = 0;
    this.#position = position;
    this.#batches += 1;
    return `${position} ${this.#batches}`;
  }
}
