import type { Change, Operation } from '../model/change.ts';
import type { EncodedRow, IndexedChanges, ValuePlaces } from '../model/indexed-changes.ts';
import type { Relation } from '../model/relation.ts';

/** The changes of several batches under consecutive numbers. */
class JoinedIndexedChanges implements IndexedChanges {
  readonly length: number;
  readonly areWhole: boolean;
  readonly #parts: readonly IndexedChanges[];
  /** The number of each part's first change. */
  readonly #firsts: readonly number[];
  /** The part that was asked last: numbers are mostly asked for in order. */
  #current = 0;

  constructor(parts: readonly IndexedChanges[]) {
    const firsts: number[] = [];
    let length = 0;
    for (const part of parts) {
      firsts.push(length);
      length += part.length;
    }
    this.areWhole = parts.every(({ areWhole }) => areWhole);
    this.#parts = parts;
    this.#firsts = firsts;
    this.length = length;
  }

  operation(index: number): Operation | 'read' {
    return this.#part(index).operation(index - this.#first);
  }

  relation(index: number): Relation {
    return this.#part(index).relation(index - this.#first);
  }

  hasBefore(index: number): boolean {
    return this.#part(index).hasBefore(index - this.#first);
  }

  place(index: number, image: 'before' | 'after', places: ValuePlaces): boolean {
    return this.#part(index).place(index - this.#first, image, places);
  }

  placeEncoded(index: number, place: EncodedRow): boolean {
    return this.#part(index).placeEncoded(index - this.#first, place);
  }

  at(index: number): Change {
    return this.#part(index).at(index - this.#first);
  }

  get #first(): number {
    return this.#firsts[this.#current] ?? 0;
  }

  #part(index: number): IndexedChanges {
    const firsts = this.#firsts;
    if (index < this.#first) this.#current = 0;
    while (index >= (firsts[this.#current + 1] ?? this.length) && this.#current + 1 < firsts.length) this.#current++;
    const part = this.#parts[this.#current];
    if (part === undefined) throw new RangeError('There are no changes');
    return part;
  }
}

/** `null` where one of the parts has none. */
export const joinIndexed = (parts: readonly (IndexedChanges | undefined)[]): IndexedChanges | null => {
  const indexed = parts.filter((part) => part !== undefined);
  return indexed.length === parts.length ? new JoinedIndexedChanges(indexed) : null;
};
