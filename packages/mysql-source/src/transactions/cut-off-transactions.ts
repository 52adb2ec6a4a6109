import type { LoggedTransaction } from './transaction-reader.ts';

/**
 * Transactions that servers crashed in and rolled back, known by name because parts of them were delivered before that was
 * seen. Kept over connections: who reads such a log again leaves them out.
 */
export class CutOffTransactions {
  readonly #known = new Set<string>();

  /** `server`: its `ServerFacts.identity`. */
  add(server: string, transaction: LoggedTransaction): void {
    this.#known.add(keyOf(server, transaction));
  }

  has(server: string, transaction: LoggedTransaction): boolean {
    return this.#known.size > 0 && this.#known.has(keyOf(server, transaction));
  }
}

/** A server gives the GTID of a transaction that it rolled back to another one, but in another file. */
const keyOf = (server: string, { gtid, commitTime, start }: LoggedTransaction): string =>
  JSON.stringify([server, start.file, gtid, commitTime]);
