import {
  type Change,
  createChange,
  type EncodedRow,
  type IndexedChanges,
  type Relation,
  type ValuePlaces,
} from '@millrace/core';

/** A change as it is written: one that was made for that, or the number of one that is written as it came. */
export type WrittenChange =
  | Change
  | { readonly number: number; readonly relation: Relation; readonly op: Change['op'] };

const isMade = (change: WrittenChange): change is Change => !('number' in change);

/** The changes of a batch as they are written; what is written as it came is read where it lies. */
export class WrittenChanges implements Iterable<Change>, IndexedChanges {
  readonly areWhole: boolean;
  readonly #source: IndexedChanges;
  readonly #changes: readonly WrittenChange[];

  constructor(source: IndexedChanges, changes: readonly WrittenChange[]) {
    this.areWhole = source.areWhole;
    this.#source = source;
    this.#changes = changes;
  }

  get length(): number {
    return this.#changes.length;
  }

  get indexed(): IndexedChanges {
    return this;
  }

  operation(index: number): Change['op'] {
    return this.#change(index).op;
  }

  relation(index: number): Relation {
    return this.#change(index).relation;
  }

  hasBefore(index: number): boolean {
    const change = this.#change(index);
    return isMade(change) ? change.image.before !== null : this.#source.hasBefore(change.number);
  }

  place(index: number, image: 'before' | 'after', places: ValuePlaces): boolean {
    const change = this.#change(index);
    return !isMade(change) && this.#source.place(change.number, image, places);
  }

  placeEncoded(index: number, place: EncodedRow): boolean {
    const change = this.#change(index);
    return !isMade(change) && this.#source.placeEncoded(change.number, place);
  }

  at(index: number): Change {
    const change = this.#change(index);
    if (isMade(change)) return change;
    const asItCame = this.#source.at(change.number);
    if (asItCame.relation === change.relation) return asItCame;
    const { table, transaction, sequence, image } = asItCame;
    const { relation, op } = change;
    return createChange({ op, table, relation, transaction, sequence, before: null, after: image.after });
  }

  *[Symbol.iterator](): Generator<Change, void, undefined> {
    for (let index = 0; index < this.#changes.length; index++) yield this.at(index);
  }

  #change(index: number): WrittenChange {
    const change = this.#changes[index];
    if (change === undefined) throw new RangeError(`There is no change ${index}`);
    return change;
  }
}
