import { type Checkpoint, type Position, raisedThrough, type SinkContext } from '@millrace/core';

/** How far tables must catch up with rows that one transaction has read again. */
export class RaisedPositions {
  readonly #compare: SinkContext['compare'];
  readonly #positions = new Map<string, Position>();

  constructor(compare: SinkContext['compare']) {
    this.#compare = compare;
  }

  raise(table: string, through: Position): void {
    const known = this.#positions.get(table);
    if (known === undefined || this.#compare(known, through) < 0) this.#positions.set(table, through);
  }

  /** The transaction has ended. */
  clear(): void {
    this.#positions.clear();
  }

  /** The checkpoint that may be saved with what was read. */
  in(checkpoint: Checkpoint): Checkpoint {
    if (this.#positions.size === 0) return checkpoint;
    const raised = Object.entries(checkpoint.tables).map(([name, progress]) => {
      const through = this.#positions.get(name);
      return [name, through === undefined ? progress : raisedThrough(progress, through, this.#compare)] as const;
    });
    return { ...checkpoint, tables: Object.fromEntries(raised) };
  }
}
