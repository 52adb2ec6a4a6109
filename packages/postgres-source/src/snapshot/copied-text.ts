import {
  type Change,
  createChange,
  type IndexedChanges,
  qualifiedName,
  type Relation,
  type ValuePlaces,
} from '@millrace/core';
import type { RowFormat } from '../pgoutput/row-format.ts';
import { WireRow } from '../pgoutput/wire-row.ts';
import { malformedRow } from './copied-rows.ts';
import { newline, rowOfText } from './copy-rows.ts';
import { placeCopiedRow, type UnescapedRow } from './place-copied-row.ts';

/** The rows of COPY data in text form by number, looked at where they lie: quick for whoever takes them in their order. */
export class CopiedText implements IndexedChanges {
  readonly areWhole = true;
  readonly length: number;
  readonly #pieces: readonly Buffer[];
  readonly #format: RowFormat;
  readonly #unescaped: UnescapedRow = { bytes: Buffer.alloc(0) };
  /** The row that begins at `#at` of the piece. */
  #index = 0;
  #piece = 0;
  #at = 0;

  /** `pieces`: of whole rows, so many together. */
  constructor(pieces: readonly Buffer[], length: number, format: RowFormat) {
    this.#pieces = pieces;
    this.length = length;
    this.#format = format;
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

  /** Throws `DECODE_FAILED` for what is no row. */
  place(index: number, image: 'before' | 'after', places: ValuePlaces): boolean {
    if (image === 'before') return false;
    const { columns } = this.#format.relation;
    try {
      const next = placeCopiedRow(this.#seek(index), this.#at, columns.length, places, this.#unescaped);
      this.#index += 1;
      this.#at = next;
    } catch (error) {
      throw malformedRow(error, this.#format.relation);
    }
    return true;
  }

  placeEncoded(): boolean {
    return false;
  }

  at(index: number): Change {
    const { relation } = this.#format;
    const piece = this.#seek(index);
    const end = piece.indexOf(newline, this.#at) + 1;
    const bytes = rowOfText(piece, this.#at, end, relation.columns.length);
    const after = new WireRow(this.#format, bytes, 0, 'row', null);
    const table = qualifiedName(relation);
    return createChange({ op: 'read', table, relation, transaction: null, sequence: index, before: null, after });
  }

  /** Goes to where a row begins; returns the piece that it lies in. */
  #seek(index: number): Buffer {
    if (index < this.#index) {
      this.#index = 0;
      this.#piece = 0;
      this.#at = 0;
    }
    for (;;) {
      const piece = this.#pieces[this.#piece];
      if (piece === undefined || index >= this.length) throw new RangeError(`There is no row ${index}`);
      if (this.#at >= piece.length) {
        this.#piece += 1;
        this.#at = 0;
      } else if (this.#index === index) return piece;
      else {
        this.#at = piece.indexOf(newline, this.#at) + 1 || piece.length;
        this.#index += 1;
      }
    }
  }
}
