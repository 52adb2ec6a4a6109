import { createHash } from 'node:crypto';
import type { Change, SinkBatch } from '@millrace/core';
import { type RejectedRow, rejectedRow } from './rejected-row.ts';

/** The same for the same row in every attempt: a copy that is made anew is another transaction, with other numbers. */
const nameOf = (change: Change): string => {
  if (change.op !== 'read' || change.transaction === null) return change.id;
  const { table, row } = rejectedRow(change, null);
  return createHash('sha256')
    .update(JSON.stringify([table, row]))
    .digest('base64');
};

/**
 * The rows of one transaction that the target has refused in earlier attempts: it came in parts, of which only the last one
 * is there to be applied again.
 */
export class KnownFaults {
  readonly #rows = new Map<string, RejectedRow>();

  get size(): number {
    return this.#rows.size;
  }

  add(change: Change, error: unknown): void {
    this.#rows.set(nameOf(change), rejectedRow(change, error));
  }

  clear(): void {
    this.#rows.clear();
  }

  /** The batch without them, and those that were in it. */
  without(batch: SinkBatch): { readonly batch: SinkBatch; readonly rejected: readonly RejectedRow[] } {
    if (this.#rows.size === 0) return { batch, rejected: [] };
    const rejected: RejectedRow[] = [];
    const kept: Change[] = [];
    for (const change of batch.changes) {
      const known = this.#rows.get(nameOf(change));
      if (known === undefined) kept.push(change);
      else rejected.push(known);
    }
    return { batch: { ...batch, changes: kept }, rejected };
  }

  /** The ids of those that were read again. */
  get ids(): ReadonlySet<string> {
    return new Set(this.#rows.keys());
  }
}
