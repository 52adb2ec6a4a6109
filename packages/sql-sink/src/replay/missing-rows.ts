import type { RowImage, Transaction } from '@millrace/core';

/** So many rows are read again at once: they may be large. */
const most = 100;

/** The rows that changes have not met, and everything that has been replayed when they are read again. */
export class MissingRows {
  #keys = new Map<string, RowImage[]>();
  readonly #transactions = new Map<string, Transaction>();

  /** A change of this transaction is replayed. */
  replayed(transaction: Transaction): void {
    this.#transactions.set(transaction.id, transaction);
  }

  add(table: string, key: RowImage): void {
    const keys = this.#keys.get(table);
    if (keys === undefined) this.#keys.set(table, [key]);
    else keys.push(key);
  }

  get areMany(): boolean {
    for (const { length } of this.#keys.values()) if (length >= most) return true;
    return false;
  }

  /** Those of each table, as many as are read at once; none are left. */
  *take(): Generator<{ readonly table: string; readonly keys: readonly RowImage[] }> {
    const taken = this.#keys;
    this.#keys = new Map();
    for (const [table, keys] of taken)
      for (let at = 0; at < keys.length; at += most) yield { table, keys: keys.slice(at, at + most) };
  }

  get transactions(): readonly Transaction[] {
    return [...this.#transactions.values()];
  }
}
