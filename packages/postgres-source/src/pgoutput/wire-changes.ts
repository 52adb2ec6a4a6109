import { type Change, createChange, type Operation, qualifiedName, type Transaction } from '@millrace/core';
import { type ChangeRecords, type RecordKind, recordKind } from './change-records.ts';
import type { RowFormat } from './row-format.ts';
import { WireRow } from './wire-row.ts';

/** Consecutive changes of one transaction, which are numbered consecutively too. */
export interface TransactionRun {
  readonly transaction: Transaction;
  /** Where it begins in the batch. */
  readonly index: number;
  /** The number of its first change inside the transaction. */
  readonly sequence: number;
}

/** Everything the changes of a batch are made from. */
export interface ChangeStore {
  readonly records: ChangeRecords;
  readonly chunks: readonly Buffer[];
  readonly formats: readonly RowFormat[];
  readonly runs: readonly TransactionRun[];
}

const operations: Readonly<Record<RecordKind, Operation>> = {
  [recordKind.insert]: 'insert',
  [recordKind.update]: 'update',
  [recordKind.updateWithKey]: 'update',
  [recordKind.updateWithRow]: 'update',
  [recordKind.deleteByKey]: 'delete',
  [recordKind.deleteByRow]: 'delete',
  [recordKind.truncate]: 'truncate',
};

/**
 * The changes of a batch, made anew by every iteration. `before` and `after` give the rows of a change by its number
 * without making the change.
 */
export class WireChanges implements Iterable<Change> {
  readonly length: number;
  readonly #store: ChangeStore;
  readonly #tables: readonly string[];

  constructor(store: ChangeStore) {
    this.length = store.records.length;
    this.#store = store;
    this.#tables = store.formats.map(({ relation }) => qualifiedName(relation));
  }

  operation(index: number): Operation {
    return operations[this.#store.records.kind(index)];
  }

  before(index: number): WireRow | null {
    const { records } = this.#store;
    switch (records.kind(index)) {
      case recordKind.updateWithKey:
        return this.#row(index, records.oldTuple(index), 'key', null);
      case recordKind.updateWithRow:
        return this.#row(index, records.oldTuple(index), 'row', null);
      case recordKind.deleteByKey:
        return this.#row(index, records.tuple(index), 'key', null);
      case recordKind.deleteByRow:
        return this.#row(index, records.tuple(index), 'row', null);
      default:
        return null;
    }
  }

  /** `before` saves making the row before an update a second time. */
  after(index: number, before: WireRow | null = this.before(index)): WireRow | null {
    const { records } = this.#store;
    switch (records.kind(index)) {
      case recordKind.insert:
      case recordKind.update:
      case recordKind.updateWithKey:
        return this.#row(index, records.tuple(index), 'row', null);
      case recordKind.updateWithRow:
        return this.#row(index, records.tuple(index), 'row', before);
      default:
        return null;
    }
  }

  /** How many changes there are by `schema.table`. */
  countByTable(): ReadonlyMap<string, number> {
    const { records } = this.#store;
    const counts = this.#tables.map(() => 0);
    for (let index = 0; index < this.length; index++) {
      const format = records.format(index);
      counts[format] = (counts[format] ?? 0) + 1;
    }
    const tables = new Map<string, number>();
    // A table has several formats when its shape changed.
    for (const [format, table] of this.#tables.entries())
      tables.set(table, (tables.get(table) ?? 0) + (counts[format] ?? 0));
    return tables;
  }

  *[Symbol.iterator](): Generator<Change, void, undefined> {
    const { runs, records, formats } = this.#store;
    for (const [number, { transaction, index: first, sequence }] of runs.entries()) {
      const end = runs[number + 1]?.index ?? this.length;
      for (let index = first; index < end; index++) {
        const format = records.format(index);
        const relation = formats[format]?.relation;
        const table = this.#tables[format];
        if (relation === undefined || table === undefined) return;
        const before = this.before(index);
        const after = this.after(index, before);
        const op = operations[records.kind(index)];
        yield createChange({ op, table, relation, transaction, sequence: sequence + index - first, before, after });
      }
    }
  }

  #row(index: number, start: number, role: 'row' | 'key', previous: WireRow | null): WireRow | null {
    const { records, chunks, formats } = this.#store;
    const format = formats[records.format(index)];
    const chunk = chunks[records.chunk(index)];
    return format === undefined || chunk === undefined ? null : new WireRow(format, chunk, start, role, previous);
  }
}
