import {
  type Change,
  createChange,
  type IndexedChanges,
  type Operation,
  type Relation,
  type Transaction,
  type ValuePlaces,
} from '@millrace/core';
import { BinlogRow } from './binlog-row.ts';
import type { ChangeRecords } from './change-records.ts';
import { LocatedValues } from './located-values.ts';
import { TextPlacer } from './place-text.ts';
import type { Image, RowShape } from './row-shape.ts';

/** Rows of one event that are in a batch: all of them, or some that follow each other. */
export interface EventRows {
  readonly operation: Exclude<Operation, 'truncate'>;
  readonly shape: RowShape;
  readonly body: Buffer;
  readonly transaction: Transaction;
  /** The place of the first in the batch. */
  readonly index: number;
  /** The number of the first inside its transaction. */
  readonly sequence: number;
}

/** The changes of a batch, made anew by every iteration, or looked at by number without being made. */
export class BinlogChanges implements Iterable<Change>, IndexedChanges {
  readonly length: number;
  readonly areWhole: boolean;
  readonly #records: ChangeRecords;
  readonly #events: readonly EventRows[];
  readonly #placer = new TextPlacer();
  readonly #before = new LocatedValues();
  readonly #after = new LocatedValues();

  constructor(records: ChangeRecords, events: readonly EventRows[]) {
    this.length = records.length;
    this.areWhole = events.every(({ operation, shape }) => operation !== 'insert' || shape.after?.isWhole === true);
    this.#records = records;
    this.#events = events;
  }

  get indexed(): IndexedChanges {
    return this;
  }

  operation(index: number): Operation {
    return this.#event(index).operation;
  }

  relation(index: number): Relation {
    return this.#event(index).shape.format.relation;
  }

  hasBefore(index: number): boolean {
    return this.#event(index).shape.before !== null;
  }

  /** Writes the texts of the row. They stay where they are for as long as anybody holds the places. */
  place(index: number, image: Image, places: ValuePlaces): boolean {
    const { shape, body } = this.#event(index);
    if (shape[image] === null) return false;
    const records = this.#records;
    this.#placer.place(shape, image, body, records.before(index), records.after(index), places);
    return true;
  }

  placeEncoded(): boolean {
    return false;
  }

  at(index: number): Change {
    return this.#change(index, this.#event(index));
  }

  /** How many changes there are by `schema.table`. */
  countByTable(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const [number, { shape, index }] of this.#events.entries()) {
      const { table } = shape.format;
      const end = this.#events[number + 1]?.index ?? this.length;
      counts.set(table, (counts.get(table) ?? 0) + end - index);
    }
    return counts;
  }

  [Symbol.iterator](): Iterator<Change, undefined> {
    let index = 0;
    // A generator would take as long as making a change does.
    return {
      next: () => (index < this.length ? { done: false, value: this.at(index++) } : { done: true, value: undefined }),
    };
  }

  #event(index: number): EventRows {
    const event = this.#events[this.#records.event(index)];
    if (event === undefined) throw new RangeError(`There is no change ${index}`);
    return event;
  }

  #change(index: number, { operation: op, shape, body, transaction, index: first, sequence }: EventRows): Change {
    const start = this.#records.before(index);
    const after = this.#records.after(index);
    const { relation } = shape.format;
    return createChange({
      op,
      table: shape.format.table,
      relation,
      transaction,
      sequence: sequence + index - first,
      before: shape.before === null ? null : new BinlogRow(shape, 'before', body, start, after, this.#before),
      after: shape.after === null ? null : new BinlogRow(shape, 'after', body, start, after, this.#after),
    });
  }
}
