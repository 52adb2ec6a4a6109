import {
  type Change,
  createChange,
  type IndexedChanges,
  qualifiedName,
  type Relation,
  type RowImage,
  type ValuePlaces,
} from '@millrace/core';
import { BinlogRow } from '../rows/binlog-row.ts';
import { LocatedValues } from '../rows/located-values.ts';
import { TextPlacer } from '../rows/place-text.ts';
import type { Image } from '../rows/row-shape.ts';
import type { CopiedFormat } from './copied-format.ts';

/** For each row: the memory it lies in, and where it begins there. */
const bytesPerRow = 16;

/** The rows of a chunk where the socket put them: they are never moved. */
export class CopiedRows implements Iterable<RowImage>, IndexedChanges {
  readonly areWhole = true;
  readonly #format: CopiedFormat;
  readonly #memory: Buffer[] = [];
  readonly #starts: number[] = [];
  readonly #placer = new TextPlacer();
  readonly #located = new LocatedValues();
  #filled = 0;

  constructor(format: CopiedFormat) {
    this.#format = format;
  }

  get length(): number {
    return this.#starts.length;
  }

  /** What they occupy. */
  get bytes(): number {
    return this.#filled + this.#starts.length * bytesPerRow;
  }

  /** Takes a row that lies between `from` and `to`, where nothing is written any more. */
  add(bytes: Buffer, from: number, to: number): void {
    this.#memory.push(bytes);
    this.#starts.push(from);
    this.#filled += to - from;
  }

  /** What begins with a row. */
  from(index: number): Buffer {
    return this.#bytes(index).subarray(this.#start(index));
  }

  *[Symbol.iterator](): Generator<RowImage, void, undefined> {
    for (let index = 0; index < this.length; index++) yield this.#row(index);
  }

  operation(): 'read' {
    return 'read';
  }

  relation(): Relation {
    return this.#format.relation;
  }

  hasBefore(): boolean {
    return false;
  }

  place(index: number, image: Image, places: ValuePlaces): boolean {
    if (image === 'before') return false;
    this.#placer.place(this.#format, image, this.#bytes(index), 0, this.#start(index), places);
    return true;
  }

  placeEncoded(): boolean {
    return false;
  }

  at(index: number): Change {
    const { relation } = this.#format;
    const after = this.#row(index);
    const table = qualifiedName(relation);
    return createChange({ op: 'read', table, relation, transaction: null, sequence: index, before: null, after });
  }

  #row(index: number): BinlogRow {
    return new BinlogRow(this.#format, 'after', this.#bytes(index), 0, this.#start(index), this.#located);
  }

  #bytes(index: number): Buffer {
    const bytes = this.#memory[index];
    if (bytes === undefined) throw new RangeError(`There is no row ${index}`);
    return bytes;
  }

  #start(index: number): number {
    return this.#starts[index] ?? 0;
  }
}
