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
import { TextPlacer } from '../rows/place-text.ts';
import type { Image } from '../rows/row-shape.ts';
import { putBytes } from '../values/text-value.ts';
import type { CopiedFormat } from './copied-format.ts';

const smallest = 64 * 1024;
/** Where it begins, for each row. */
const bytesPerRow = 8;

/** The rows of a chunk as they came, one after the other. */
export class CopiedRows implements Iterable<RowImage>, IndexedChanges {
  readonly areWhole = true;
  readonly #format: CopiedFormat;
  readonly #starts: number[] = [];
  readonly #placer = new TextPlacer();
  #bytes = Buffer.alloc(0);
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

  /** Takes a row that lies between `from` and `to`. */
  add(bytes: Buffer, from: number, to: number): void {
    const filled = this.#filled + to - from;
    if (filled > this.#bytes.length) this.#grow(filled);
    putBytes(bytes, from, to, this.#bytes, this.#filled);
    this.#starts.push(this.#filled);
    this.#filled = filled;
  }

  /** The bytes from where a row begins to the end of the last one. */
  from(index: number): Buffer {
    return this.#bytes.subarray(this.#start(index), this.#filled);
  }

  *[Symbol.iterator](): Generator<RowImage, void, undefined> {
    for (const start of this.#starts) yield new BinlogRow(this.#format, 'after', this.#bytes, 0, start);
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
    this.#placer.place(this.#format, image, this.#bytes, 0, this.#start(index), places);
    return true;
  }

  placeEncoded(): boolean {
    return false;
  }

  at(index: number): Change {
    const { relation } = this.#format;
    const after = new BinlogRow(this.#format, 'after', this.#bytes, 0, this.#start(index));
    const table = qualifiedName(relation);
    return createChange({ op: 'read', table, relation, transaction: null, sequence: index, before: null, after });
  }

  #start(index: number): number {
    const start = this.#starts[index];
    if (start === undefined) throw new RangeError(`There is no row ${index}`);
    return start;
  }

  #grow(size: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(smallest, this.#bytes.length * 2, size));
    this.#bytes.copy(bytes, 0, 0, this.#filled);
    this.#bytes = bytes;
  }
}
