import {
  type Change,
  type IndexedChanges,
  noRoom,
  noValue,
  type RowImage,
  type ValuePlaces,
  valuePlaces,
} from '@millrace/core';
import type { Text } from './text.ts';

/** Changes that a source or a transform has made one by one. They have no form but their text. */
export class ListedChanges implements IndexedChanges {
  readonly areWhole = false;
  readonly #changes: readonly Change[];

  constructor(changes: readonly Change[]) {
    this.#changes = changes;
  }

  get length(): number {
    return this.#changes.length;
  }

  operation(index: number) {
    return this.at(index).op;
  }

  relation(index: number) {
    return this.at(index).relation;
  }

  hasBefore(index: number): boolean {
    return this.at(index).image.before !== null;
  }

  place(): boolean {
    return false;
  }

  placeEncoded(): boolean {
    return false;
  }

  at(index: number): Change {
    const change = this.#changes[index];
    if (change === undefined) throw new RangeError(`There is no change ${index}`);
    return change;
  }
}

/** A row as one change says it, or several changes of the same row together, newest first. */
export type Row = number | readonly number[];

/** Reads the rows of a batch one at a time, into the same places. */
export class RowReader {
  readonly changes: IndexedChanges;
  /** Where the values of the row are that was read last. */
  readonly places: ValuePlaces = valuePlaces();
  #text = Buffer.allocUnsafe(4 * 1024);

  constructor(changes: IndexedChanges | (Iterable<Change> & { readonly indexed?: IndexedChanges })) {
    this.changes = 'place' in changes ? changes : (changes.indexed ?? new ListedChanges([...changes]));
  }

  /** A row in the form it came in. */
  read(row: Row, image: 'before' | 'after'): void {
    if (typeof row !== 'number') this.#readMerged(row);
    else if (!this.changes.place(row, image, this.places)) this.#readText(row, image);
  }

  /** A row as canonical text. */
  readText(row: Row, image: 'before' | 'after'): void {
    this.read(row, image);
    if (this.places.wire === 'binary' && typeof row === 'number') this.#readText(row, image);
  }

  /** Of the row that was read last, which must have come as text. */
  textOf(column: number): Text {
    const { bytes, starts, ends } = this.places;
    const start = starts[column] ?? noValue.absent;
    return start < 0 ? null : bytes.toString('utf8', start, ends[column]);
  }

  /** Each column as the first of the changes says that has sent it. */
  #readMerged(changes: readonly number[]): void {
    const images = changes.map((change) => this.changes.at(change).image.after).filter((image) => image !== null);
    const count = images[0]?.relation.columns.length ?? 0;
    this.#fill(count, (column) => images.find((image) => isSent(image, column)) ?? images[0]);
  }

  #readText(change: number, image: 'before' | 'after'): void {
    const row = this.changes.at(change).image[image] ?? undefined;
    this.#fill(this.changes.relation(change).columns.length, () => row);
  }

  #fill(count: number, rowOf: (column: number) => RowImage | undefined): void {
    const { starts, ends } = this.places;
    let at = 0;
    for (let column = 0; column < count; column++) {
      const row = rowOf(column);
      let end = row?.writeText(column, this.#text, at) ?? noValue.absent;
      while (end === noRoom) {
        const larger = Buffer.allocUnsafeSlow(this.#text.length * 4);
        this.#text.copy(larger, 0, 0, at);
        this.#text = larger;
        end = row?.writeText(column, larger, at) ?? noValue.absent;
      }
      starts[column] = end < 0 ? end : at;
      if (end < 0) continue;
      at = end;
      ends[column] = end;
    }
    this.places.bytes = this.#text;
    this.places.wire = 'text';
  }
}

const isSent = (image: RowImage, column: number): boolean => {
  const state = image.state(column);
  return state === 'value' || state === 'null';
};
