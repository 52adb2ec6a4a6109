import type { Change, Operation } from '../model/change.ts';
import { batchEnd, type ChangeBatch, changeBatch } from '../model/change-batch.ts';
import type { IndexedChanges } from '../model/indexed-changes.ts';
import { qualifiedName, type Relation } from '../model/relation.ts';
import { keepChange } from '../model/row-change.ts';
import { capturedOperations, type SelectedTable } from './table-selection.ts';
import type { Transformation } from './transformation.ts';

const isEverything = (operations: ReadonlySet<Operation> | null): boolean => operations?.size === 4;

/**
 * What happens to changes between the source and the hub: tables and operations that are not captured are left out,
 * then `transform` runs. A batch that nothing has to be left out of passes through untouched.
 */
export class ChangePipeline {
  readonly #tables: readonly SelectedTable[];
  readonly #transformation: Transformation | null;
  readonly #operations = new Map<string, ReadonlySet<Operation> | null>();

  constructor(tables: readonly SelectedTable[], transformation: Transformation | null) {
    this.#tables = tables;
    this.#transformation = transformation;
  }

  /** A batch with the same end: a transaction of which nothing is left still moves the position. */
  apply(batch: ChangeBatch): ChangeBatch {
    if (this.#passes(batch)) return batch;
    const kept: Change[] = [];
    for (const change of batch.changes) {
      const { op, table } = change;
      if (op !== 'read' && !this.#captured(table)?.has(op)) continue;
      const result = this.#transformation === null ? change : this.#transformation.apply(change);
      if (result !== null) kept.push(result);
    }
    const end = batchEnd(batch);
    // Few survivors would keep the whole of the buffers they lie in (invariant 7), so they are copied out of them.
    if (kept.length * 2 < batch.changes.length) return changeBatch(kept.map(keepChange), end);
    return changeBatch(kept, end, batch.bytes);
  }

  #passes({ changes, tables }: ChangeBatch): boolean {
    if (this.#transformation !== null) return changes.length === 0;
    for (const table of tables.keys())
      if (!isEverything(this.#captured(table)))
        return changes.indexed !== undefined && this.#passesEach(changes.indexed);
    return true;
  }

  /** What is captured of a table in part only may still be all that came. */
  #passesEach(changes: IndexedChanges): boolean {
    const captured = new Map<Relation, ReadonlySet<Operation> | null>();
    for (let change = 0; change < changes.length; change++) {
      const relation = changes.relation(change);
      let operations = captured.get(relation);
      if (operations === undefined) {
        operations = this.#captured(qualifiedName(relation));
        captured.set(relation, operations);
      }
      const operation = changes.operation(change);
      if (operation !== 'read' && operations?.has(operation) !== true) return false;
    }
    return true;
  }

  #captured(table: string): ReadonlySet<Operation> | null {
    let operations = this.#operations.get(table);
    if (operations === undefined) {
      operations = capturedOperations(this.#tables, table);
      this.#operations.set(table, operations);
    }
    return operations;
  }
}
