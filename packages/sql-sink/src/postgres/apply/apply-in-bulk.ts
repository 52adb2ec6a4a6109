import type { Change, IndexedChanges, Relation } from '@millrace/core';
import { rowOperation } from '../../apply/row-operation.ts';
import { RowReader } from '../../apply/row-reader.ts';
import { TableChanges, type TableStep } from '../../apply/table-changes.ts';
import type { TablePlan } from '../target/table-plan.ts';
import { applying, type BulkContext } from './bulk-context.ts';
import { deleteAllRows, type TruncatedTable } from './delete-all-rows.ts';
import { FoldWriter } from './fold-writer.ts';
import { addSingleOperation } from './single-operation.ts';

type Changes = Iterable<Change> & { readonly indexed?: IndexedChanges };

/** Applies the changes of one call. */
class BulkApplication {
  readonly #context: BulkContext;
  readonly #reader: RowReader;
  readonly #signal: AbortSignal;
  /** Nothing may be folded: every change stays by itself and in its place. */
  readonly #inOrder: boolean;
  /** By the target table's oid. */
  readonly #tables = new Map<string, TableChanges<TablePlan>>();
  readonly #byRelation = new Map<Relation, TableChanges<TablePlan>>();
  #truncated: TruncatedTable[] = [];

  constructor(changes: Changes, relations: readonly Relation[], context: BulkContext, signal: AbortSignal) {
    this.#context = context;
    this.#reader = new RowReader(changes);
    this.#signal = signal;
    this.#inOrder = relations.some((relation) => context.plans.of(relation).interferes);
  }

  async run(): Promise<void> {
    const { changes } = this.#reader;
    for (let change = 0; change < changes.length; change++) {
      const relation = changes.relation(change);
      const operation = changes.operation(change);
      if (operation === 'truncate') {
        const { transaction } = changes.at(change);
        this.#truncated.push({ plan: this.#context.plans.of(relation), transaction });
        continue;
      }
      if (this.#truncated.length > 0) await this.#truncate();
      if (this.#inOrder) {
        await this.#writeSingle(this.#context.plans.of(relation), change);
        continue;
      }
      const table = this.#byRelation.get(relation) ?? (await this.#table(relation));
      if (operation === 'update' || operation === 'delete') table[operation](change);
      else table.insert(change);
    }
    await this.#truncate();
    await this.#write();
  }

  async #table(relation: Relation): Promise<TableChanges<TablePlan>> {
    const plan = this.#context.plans.of(relation);
    let table = this.#tables.get(plan.oid);
    // Changes of another shape of the table come before these.
    if (table !== undefined && table.plan !== plan) await this.#write();
    if (table?.plan !== plan) {
      table = new TableChanges(plan, this.#reader);
      this.#tables.set(plan.oid, table);
    }
    this.#byRelation.set(relation, table);
    return table;
  }

  /** Nothing may be folded over a truncate, in no table: it may have emptied several. */
  async #truncate(): Promise<void> {
    if (this.#truncated.length === 0) return;
    await this.#write();
    await this.#context.message.send(this.#signal, applying);
    await deleteAllRows(this.#context.session, this.#truncated, this.#context.captured, this.#signal);
    this.#truncated = [];
  }

  async #write(): Promise<void> {
    for (const { plan, steps } of this.#tables.values()) {
      const writer = new FoldWriter(this.#context, plan, this.#reader, this.#signal);
      for (const step of steps) await this.#writeStep(plan, writer, step);
    }
    this.#tables.clear();
    this.#byRelation.clear();
  }

  async #writeStep(plan: TablePlan, writer: FoldWriter, step: TableStep): Promise<void> {
    switch (step.kind) {
      case 'inserts':
        return writer.insert(step.changes);
      case 'fold':
        return writer.write(step.fold);
      case 'single':
        return this.#writeSingle(plan, step.change);
    }
  }

  async #writeSingle(plan: TablePlan, change: number): Promise<void> {
    const { message } = this.#context;
    addSingleOperation(this.#context, rowOperation(plan, this.#reader.changes.at(change)));
    if (message.isFull) await message.send(this.#signal, applying);
  }
}

/**
 * Applies changes as long as every statement meets exactly the rows it expects; the last message may stay unsent.
 * Rejects `UnexpectedOutcome` otherwise: the transaction must be rolled back then, and its changes applied one at a
 * time. Leaves the same rows as that does.
 *
 * Changes of a table are folded by key, and tables follow one another in any order: constraints between rows that are
 * violated on the way are such an outcome. Where a trigger or rule at the target may look at other rows, or do anything
 * else than it is told, every change stays by itself and in its place.
 */
export const applyInBulk = (
  changes: Changes,
  relations: readonly Relation[],
  context: BulkContext,
  signal: AbortSignal,
): Promise<void> => new BulkApplication(changes, relations, context, signal).run();
