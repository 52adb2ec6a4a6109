import type { Change } from '../model/change.ts';
import { batchEnd, type ChangeBatch, changeBatch } from '../model/change-batch.ts';
import type { Position, Transaction } from '../model/position.ts';
import { qualifiedName } from '../model/relation.ts';
import type { SchemaChange } from '../model/schema-change.ts';
import type { Tables } from '../snapshot/table-progress.ts';

/**
 * Leaves changes out that are not for the stream to apply: those of tables that are `aside`, which a side stream
 * applies, and those that the copy of their table holds already, of transactions before the table's `from`. Asked for
 * each group when its turn comes, because a table may become one of these until then. Where no table is aside and the
 * stream's position has passed every `from`, nothing is compared.
 */
export class LeftOutChanges {
  readonly #compare: (a: Position, b: Position) => -1 | 0 | 1;
  #known: Tables | null = null;
  /** By table, those of which changes are left out: before a position, or (`null`) all. */
  #before: ReadonlyMap<string, Position | null> = new Map();

  constructor(compare: (a: Position, b: Position) => -1 | 0 | 1) {
    this.#compare = compare;
  }

  /** `position`: everything before it is in the sink. `others`: tables of which nothing is followed. */
  leaveOut(group: ChangeBatch, tables: Tables, position: Position, others: readonly string[] = []): ChangeBatch {
    if (!this.#concerns(group, tables, position) && others.length === 0) return group;
    const kept: Change[] = [];
    for (const change of group.changes)
      if (!others.includes(change.table) && !this.#isLeftOut(change.table, change.transaction)) kept.push(change);
    const schemaChanges = group.schemaChanges.filter(
      ({ relation, transaction }) => !this.#isLeftOut(qualifiedName(relation), transaction),
    );
    if (kept.length === group.changes.length && schemaChanges.length === group.schemaChanges.length) return group;
    return { ...changeBatch(kept, batchEnd(group), group.bytes), schemaChanges };
  }

  /** Whether a change of a table's shape is left out. */
  leavesOut({ relation, transaction }: SchemaChange, tables: Tables, position: Position): boolean {
    this.#look(tables, position);
    return this.#isLeftOut(qualifiedName(relation), transaction);
  }

  #look(tables: Tables, position: Position): void {
    if (this.#known !== tables || this.#before.size > 0) {
      const before = new Map<string, Position | null>();
      for (const [table, { state, from }] of Object.entries(tables))
        if (state === 'aside') before.set(table, null);
        else if (this.#compare(position, from) < 0) before.set(table, from);
      this.#before = before;
      this.#known = tables;
    }
  }

  #concerns({ tables: changed, schemaChanges }: ChangeBatch, tables: Tables, position: Position): boolean {
    this.#look(tables, position);
    if (this.#before.size === 0) return false;
    const reshaped = new Set(schemaChanges.map(({ relation }) => qualifiedName(relation)));
    for (const table of this.#before.keys()) if (changed.has(table) || reshaped.has(table)) return true;
    return false;
  }

  #isLeftOut(table: string, transaction: Transaction | null): boolean {
    const before = this.#before.get(table);
    if (before === undefined) return false;
    return before === null || (transaction !== null && this.#compare(transaction.position, before) < 0);
  }
}
