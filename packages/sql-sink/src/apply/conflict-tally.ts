import type { ConnectorEvent } from '@millrace/core';

export type ConflictCode = 'INSERT_CONFLICT' | 'UPDATE_MISSED' | 'DELETE_MISSED';

const meanings: Readonly<Record<ConflictCode, string>> = {
  INSERT_CONFLICT: 'inserts met a row with their key',
  UPDATE_MISSED: 'updates met no row',
  DELETE_MISSED: 'deletes met no row',
};

/** Counts the conflicts of one target transaction, to be reported when it has committed: bounded, and never twice. */
export class ConflictTally {
  readonly #counts = new Map<string, { readonly code: ConflictCode; readonly table: string; count: number }>();

  add(code: ConflictCode, table: string): void {
    const key = `${code} ${table}`;
    const found = this.#counts.get(key);
    if (found === undefined) this.#counts.set(key, { code, table, count: 1 });
    else found.count++;
  }

  /** Returns what makes it as it is now. */
  mark(): () => void {
    const marked = [...this.#counts].map(([key, entry]) => [key, { ...entry }] as const);
    return () => {
      this.#counts.clear();
      for (const [key, entry] of marked) this.#counts.set(key, { ...entry });
    };
  }

  clear(): void {
    this.#counts.clear();
  }

  /** One event for each kind and table, then starts anew. */
  flush(report: (event: ConnectorEvent) => void): void {
    for (const { code, table, count } of this.#counts.values())
      report({
        type: 'conflict',
        code,
        message: `Somebody else writes to ${table}: ${count} ${meanings[code]}`,
        details: { table, count },
      });
    this.clear();
  }
}
