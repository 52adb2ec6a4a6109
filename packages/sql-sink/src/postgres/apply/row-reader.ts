import {
  type Change,
  type IndexedChanges,
  noValue,
  type RowImage,
  type ValuePlaces,
  valuePlaces,
} from '@millrace/core';
import type { Text } from './literal.ts';

/** Changes that a source or a transform has made one by one. They have no form but their text. */
class ListedChanges implements IndexedChanges {
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

  constructor(changes: Iterable<Change> & { readonly indexed?: IndexedChanges }) {
    this.changes = changes.indexed ?? new ListedChanges([...changes]);
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
    const row = this.changes.at(change).image[image];
    this.#fill(row?.relation.columns.length ?? 0, () => row ?? undefined);
  }

  #fill(count: number, rowOf: (column: number) => RowImage | undefined): void {
    const { starts, ends } = this.places;
    let at = 0;
    for (let column = 0; column < count; column++) {
      const row = rowOf(column);
      const text = row?.text(column) ?? null;
      if (text === null) {
        const state = row?.state(column) ?? 'absent';
        starts[column] = noValue[state === 'value' ? 'absent' : state];
        continue;
      }
      // UTF-8 takes at most three bytes for what is one character here.
      if (at + text.length * 3 > this.#text.length) this.#grow(at, text.length * 3);
      starts[column] = at;
      at += this.#text.write(text, at, 'utf8');
      ends[column] = at;
    }
    this.places.bytes = this.#text;
    this.places.wire = 'text';
  }

  #grow(used: number, more: number): void {
    const larger = Buffer.allocUnsafeSlow((used + more) * 2);
    this.#text.copy(larger, 0, 0, used);
    this.#text = larger;
  }
}

const isSent = (image: RowImage, column: number): boolean => {
  const state = image.state(column);
  return state === 'value' || state === 'null';
};
