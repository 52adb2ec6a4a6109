import type { Change } from '../model/change.ts';
import { batchEnd, type ChangeBatch, changeBatch } from '../model/change-batch.ts';
import type { Position } from '../model/position.ts';
import type { Tables } from '../snapshot/table-progress.ts';

/**
 * Leaves changes out that the copy of their table holds already: those of transactions before the table's `from`. Asked
 * for each group when its turn comes, because a table may get another `from` until then. Once the stream's position has
 * passed every `from`, nothing is compared any more.
 */
export class ChangesBeforeCopy {
  readonly #compare: (a: Position, b: Position) => -1 | 0 | 1;
  #known: Tables | null = null;
  /** By table; those that the position has not passed. */
  #ahead: ReadonlyMap<string, Position> = new Map();

  constructor(compare: (a: Position, b: Position) => -1 | 0 | 1) {
    this.#compare = compare;
  }

  /** `position`: everything before it is in the sink. */
  leaveOut(group: ChangeBatch, tables: Tables, position: Position): ChangeBatch {
    if (!this.#areAhead(group, tables, position)) return group;
    const kept: Change[] = [];
    for (const change of group.changes) if (!this.#isCopied(change)) kept.push(change);
    if (kept.length === group.changes.length) return group;
    return { ...changeBatch(kept, batchEnd(group), group.bytes), schemaChanges: group.schemaChanges };
  }

  #areAhead({ tables: changed }: ChangeBatch, tables: Tables, position: Position): boolean {
    if (this.#known !== tables || this.#ahead.size > 0) {
      const froms = Object.entries(tables).map(([table, { from }]) => [table, from] as const);
      this.#ahead = new Map(froms.filter(([, from]) => this.#compare(position, from) < 0));
      this.#known = tables;
    }
    for (const table of this.#ahead.keys()) if (changed.has(table)) return true;
    return false;
  }

  #isCopied({ table, transaction }: Change): boolean {
    const from = this.#ahead.get(table);
    return from !== undefined && transaction !== null && this.#compare(transaction.position, from) < 0;
  }
}
