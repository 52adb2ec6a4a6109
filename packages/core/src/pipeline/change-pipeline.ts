import { setImmediate } from 'node:timers/promises';
import type { Change, Operation } from '../model/change.ts';
import { batchEnd, type ChangeBatch, changeBatch } from '../model/change-batch.ts';
import type { IndexedChanges } from '../model/indexed-changes.ts';
import { qualifiedName, type Relation } from '../model/relation.ts';
import { keepChange } from '../model/row-change.ts';
import { capturedOperations, type SelectedTable } from './table-selection.ts';
import { TextChanges } from './text-changes.ts';
import type { Transformation } from './transformation.ts';

/** Transformed between two turns of the event loop: a millisecond or two. */
const changesInTurn = 256;

const isEverything = (operations: ReadonlySet<Operation> | null): boolean => operations?.size === 4;

/** Its rows may have to be read again by the key that was sent, of which a text would say nothing. */
const hasMaskedKey = ({ key, columns }: Relation): boolean =>
  key?.some((column) => columns[column]?.textLength !== undefined) === true;

/**
 * What happens to changes between the source and the hub: tables and operations that are not captured are left out,
 * then `transform` runs. A batch that nothing has to be left out of passes through untouched.
 */
export class ChangePipeline {
  readonly #tables: readonly SelectedTable[];
  readonly #transformation: Transformation | null;
  readonly #asText: boolean;
  readonly #operations = new Map<string, ReadonlySet<Operation> | null>();

  /** `asText`: of what `transform` returns only the text is wanted. */
  constructor(tables: readonly SelectedTable[], transformation: Transformation | null, asText = false) {
    this.#tables = tables;
    this.#transformation = transformation;
    this.#asText = asText;
  }

  /** A batch with the same end: a transaction of which nothing is left still moves the position. */
  async apply(batch: ChangeBatch): Promise<ChangeBatch> {
    if (this.#passes(batch)) return batch;
    const end = batchEnd(batch);
    const transformation = this.#transformation;
    const kept: Change[] = [];
    if (transformation === null) for (const change of batch.changes) this.#isCaptured(change) && kept.push(change);
    else if (this.#asText && !batch.relations.some(hasMaskedKey)) {
      const texts = new TextChanges(batch.changes.length);
      await this.#eachInTurns(batch, (change) => {
        const row = transformation.row(change);
        if (row !== undefined) texts.add(change, transformation.relation(change.relation), row);
      });
      return texts.batch(end);
    } else
      await this.#eachInTurns(batch, (change) => {
        const result = transformation.apply(change);
        if (result !== null) kept.push(result);
      });
    // Few survivors would keep the whole of the buffers they lie in (invariant 7), so they are copied out of them.
    if (kept.length * 2 < batch.changes.length) return changeBatch(kept.map(keepChange), end);
    return changeBatch(kept, end, batch.bytes);
  }

  /** Goes through what is captured. Now and then the sink gets its turn: it would wait for all that is transformed. */
  async #eachInTurns({ changes }: ChangeBatch, use: (change: Change) => void): Promise<void> {
    let count = 0;
    for (const change of changes) {
      if (this.#isCaptured(change)) use(change);
      if (++count % changesInTurn === 0) await setImmediate();
    }
  }

  #isCaptured({ op, table }: Change): boolean {
    return op === 'read' || this.#captured(table)?.has(op) === true;
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
