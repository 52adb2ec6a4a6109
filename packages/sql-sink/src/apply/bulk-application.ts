import type { Change, IndexedChanges, Relation, Transaction } from '@millrace/core';
import type { WrittenPlan } from '../target/written-plan.ts';
import type { KeyFold } from './key-fold.ts';
import { type Row, RowReader } from './row-reader.ts';
import { TableChanges, type TableStep } from './table-changes.ts';

export type Changes = Iterable<Change> & { readonly indexed?: IndexedChanges };

/** A table that was truncated at the source, and by what. */
export interface TruncatedTable<P extends WrittenPlan> {
  readonly plan: P;
  readonly transaction: Transaction | null;
}

/** Writes what changes of one table come to. */
interface TableWriter {
  insert(rows: readonly Row[]): Promise<void>;
  write(fold: KeyFold): Promise<void>;
}

/** What a target does with changes that have been put together. */
export interface BulkTarget<P extends WrittenPlan> {
  planOf(relation: Relation): P;
  /** Tells target tables apart. */
  tableOf(plan: P): string;
  /** Whether something at the target may look at other rows, or do anything else than it is told. */
  interferes(plan: P): boolean;
  writer(plan: P, reader: RowReader): TableWriter;
  single(plan: P, change: Change): Promise<void>;
  /** Consecutive truncates. */
  truncate(truncated: readonly TruncatedTable<P>[]): Promise<void>;
}

/** Applies the changes of one call. */
class BulkApplication<P extends WrittenPlan> {
  readonly #target: BulkTarget<P>;
  readonly #reader: RowReader;
  /** Nothing may be folded: every change stays by itself and in its place. */
  readonly #inOrder: boolean;
  readonly #tables = new Map<string, TableChanges<P>>();
  readonly #byRelation = new Map<Relation, TableChanges<P>>();
  #truncated: TruncatedTable<P>[] = [];

  constructor(changes: Changes, relations: readonly Relation[], target: BulkTarget<P>) {
    this.#target = target;
    this.#reader = new RowReader(changes);
    this.#inOrder = relations.some((relation) => target.interferes(target.planOf(relation)));
  }

  async run(): Promise<void> {
    const { changes } = this.#reader;
    for (let change = 0; change < changes.length; change++) {
      const relation = changes.relation(change);
      const operation = changes.operation(change);
      if (operation === 'truncate') {
        const { transaction } = changes.at(change);
        this.#truncated.push({ plan: this.#target.planOf(relation), transaction });
        continue;
      }
      if (this.#truncated.length > 0) await this.#truncate();
      if (this.#inOrder) {
        await this.#target.single(this.#target.planOf(relation), changes.at(change));
        continue;
      }
      const table = this.#byRelation.get(relation) ?? (await this.#table(relation));
      if (operation === 'update' || operation === 'delete') table[operation](change);
      else table.insert(change);
    }
    await this.#truncate();
    await this.#write();
  }

  async #table(relation: Relation): Promise<TableChanges<P>> {
    const plan = this.#target.planOf(relation);
    const name = this.#target.tableOf(plan);
    let table = this.#tables.get(name);
    // Changes of another shape of the table come before these.
    if (table !== undefined && table.plan !== plan) await this.#write();
    if (table?.plan !== plan) {
      table = new TableChanges(plan, this.#reader);
      this.#tables.set(name, table);
    }
    this.#byRelation.set(relation, table);
    return table;
  }

  /** Nothing may be folded over a truncate, in no table: it may have emptied several. */
  async #truncate(): Promise<void> {
    if (this.#truncated.length === 0) return;
    await this.#write();
    await this.#target.truncate(this.#truncated);
    this.#truncated = [];
  }

  async #write(): Promise<void> {
    for (const { plan, steps } of this.#tables.values()) {
      const writer = this.#target.writer(plan, this.#reader);
      for (const step of steps) await this.#writeStep(plan, writer, step);
    }
    this.#tables.clear();
    this.#byRelation.clear();
  }

  async #writeStep(plan: P, writer: TableWriter, step: TableStep): Promise<void> {
    switch (step.kind) {
      case 'inserts':
        return writer.insert(step.changes);
      case 'fold':
        return writer.write(step.fold);
      case 'single':
        return this.#target.single(plan, this.#reader.changes.at(step.change));
    }
  }
}

/**
 * Applies changes of a table folded by key, and tables one after the other in any order: constraints between rows that are
 * violated on the way, and rows that are not met, are for the target to notice. Leaves the same rows as one change at a
 * time. Where something at the target may look at other rows, or do anything else than it is told, every change stays by
 * itself and in its place.
 */
export const putTogether = <P extends WrittenPlan>(
  changes: Changes,
  relations: readonly Relation[],
  target: BulkTarget<P>,
): Promise<void> => new BulkApplication(changes, relations, target).run();
