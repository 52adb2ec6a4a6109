import {
  type Change,
  createChange,
  type EncodedRow,
  type IndexedChanges,
  type Operation,
  qualifiedName,
  type Relation,
  type Transaction,
  type ValuePlaces,
} from '@millrace/core';
import { type ChangeRecords, type RecordKind, recordKind } from './change-records.ts';
import { placeRow } from './place-row.ts';
import type { RowFormat } from './row-format.ts';
import { nextColumn } from './stored-row.ts';
import { tupleHeader } from './tuple.ts';
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

/** The changes of a batch, made anew by every iteration, or looked at by number without being made. */
export class WireChanges implements Iterable<Change>, IndexedChanges {
  readonly length: number;
  /** The log leaves columns out of updates only. */
  readonly areWhole = true;
  readonly #store: ChangeStore;
  readonly #tables: readonly string[];

  constructor(store: ChangeStore) {
    this.length = store.records.length;
    this.#store = store;
    this.#tables = store.formats.map(({ relation }) => qualifiedName(relation));
  }

  get indexed(): IndexedChanges {
    return this;
  }

  operation(index: number): Operation {
    return operations[this.#store.records.kind(index)];
  }

  relation(index: number): Relation {
    const format = this.#store.formats[this.#store.records.format(index)];
    if (format === undefined) throw new RangeError(`There is no change ${index}`);
    return format.relation;
  }

  hasBefore(index: number): boolean {
    const kind = this.#store.records.kind(index);
    return kind !== recordKind.insert && kind !== recordKind.update && kind !== recordKind.truncate;
  }

  place(index: number, image: 'before' | 'after', places: ValuePlaces): boolean {
    const { records, chunks } = this.#store;
    const bytes = chunks[records.chunk(index)];
    if (bytes === undefined) return false;
    const relation = this.relation(index);
    const kind = records.kind(index);
    if (image === 'after') {
      const previous = kind === recordKind.updateWithRow ? records.oldRow(index) : null;
      return placeRow(bytes, records.row(index), relation, 'row', previous, places);
    }
    const isUpdate = kind === recordKind.updateWithKey || kind === recordKind.updateWithRow;
    const start = isUpdate ? records.oldRow(index) : records.row(index);
    const isKey = kind === recordKind.updateWithKey || kind === recordKind.deleteByKey;
    return placeRow(bytes, start, relation, isKey ? 'key' : 'row', null, places);
  }

  placeEncoded(index: number, place: EncodedRow): boolean {
    const { records, chunks } = this.#store;
    const bytes = chunks[records.chunk(index)];
    if (bytes === undefined || !records.isCopyRow(index)) return false;
    const start = records.row(index);
    let end = start + tupleHeader;
    for (let column = this.relation(index).columns.length; column > 0; column--) end = nextColumn(bytes, end);
    place.bytes = bytes;
    place.start = start;
    place.end = end;
    return true;
  }

  at(index: number): Change {
    const { runs } = this.#store;
    let last = runs.length - 1;
    while (last > 0 && (runs[last]?.index ?? 0) > index) last--;
    const run = runs[last];
    if (run === undefined) throw new RangeError(`There is no change ${index}`);
    return this.#change(index, run);
  }

  before(index: number): WireRow | null {
    const { records } = this.#store;
    switch (records.kind(index)) {
      case recordKind.updateWithKey:
        return this.#row(index, records.oldRow(index), 'key', null);
      case recordKind.updateWithRow:
        return this.#row(index, records.oldRow(index), 'row', null);
      case recordKind.deleteByKey:
        return this.#row(index, records.row(index), 'key', null);
      case recordKind.deleteByRow:
        return this.#row(index, records.row(index), 'row', null);
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
        return this.#row(index, records.row(index), 'row', null);
      case recordKind.updateWithRow:
        return this.#row(index, records.row(index), 'row', before);
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
    const { runs } = this.#store;
    for (const [number, run] of runs.entries()) {
      const end = runs[number + 1]?.index ?? this.length;
      for (let index = run.index; index < end; index++) yield this.#change(index, run);
    }
  }

  #change(index: number, { transaction, index: first, sequence }: TransactionRun): Change {
    const table = this.#tables[this.#store.records.format(index)] ?? '';
    const before = this.before(index);
    const after = this.after(index, before);
    const [op, relation] = [this.operation(index), this.relation(index)];
    return createChange({ op, table, relation, transaction, sequence: sequence + index - first, before, after });
  }

  #row(index: number, start: number, role: 'row' | 'key', previous: WireRow | null): WireRow | null {
    const { records, chunks, formats } = this.#store;
    const format = formats[records.format(index)];
    const chunk = chunks[records.chunk(index)];
    return format === undefined || chunk === undefined ? null : new WireRow(format, chunk, start, role, previous);
  }
}
