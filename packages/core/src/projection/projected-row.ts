import { baseOf } from '../model/decoded-row.ts';
import { noRoom } from '../model/indexed-changes.ts';
import type { Relation } from '../model/relation.ts';
import type { ColumnState, RowImage } from '../model/row-image.ts';
import type { Mask } from './mask.ts';

/** What is delivered of the rows of a table. */
export interface Projection {
  /** The table as it is delivered. */
  readonly relation: Relation;
  /** Where each of its columns is in the source's relation. */
  readonly places: readonly number[];
  /** For each of its columns; `null`: as it is. */
  readonly masks: readonly (Mask | null)[];
  readonly isMasked: boolean;
}

/** A row without the columns that are left out, and with others masked. */
export class ProjectedRow implements RowImage {
  readonly #projection: Projection;
  /** The row as the source sent it. */
  readonly source: RowImage;

  constructor(projection: Projection, source: RowImage) {
    this.#projection = projection;
    this.source = source;
  }

  get relation(): Relation {
    return this.#projection.relation;
  }

  get wire(): RowImage['wire'] {
    return this.#projection.isMasked ? 'decoded' : this.source.wire;
  }

  state(column: number): ColumnState {
    const place = this.#projection.places[column];
    return place === undefined ? 'absent' : this.source.state(place);
  }

  text(column: number): string | null {
    const text = this.source.text(this.#place(column));
    return text === null ? null : (this.#projection.masks[column]?.apply(text) ?? text);
  }

  writeText(column: number, target: Buffer, at: number): number {
    if (this.#projection.masks[column] == null) return this.source.writeText(this.#place(column), target, at);
    const text = this.text(column);
    if (text === null) return this.source.writeText(this.#place(column), target, at);
    return at + Buffer.byteLength(text) > target.length ? noRoom : at + target.write(text, at);
  }

  bytes(column: number): Uint8Array | null {
    return this.#projection.isMasked ? null : this.source.bytes(this.#place(column));
  }

  value(column: number): unknown {
    if (this.#projection.masks[column] == null) return this.source.value(this.#place(column));
    return this.state(column) === 'value' ? this.text(column) : this.source.value(this.#place(column));
  }

  toObject(): Record<string, unknown> {
    const row: Record<string, unknown> = {};
    for (const [column, { name }] of this.relation.columns.entries()) {
      const value = this.value(column);
      if (value !== undefined) row[name] = value;
    }
    return row;
  }

  keep(): RowImage {
    return new ProjectedRow(this.#projection, this.source.keep());
  }

  get byteLength(): number {
    return this.source.byteLength;
  }

  #place(column: number): number {
    return this.#projection.places[column] ?? -1;
  }
}

/** The row as the source sent it, before anything was left out, masked or changed; `null`: nobody has kept it. */
export const sentRow = (row: RowImage): RowImage | null => {
  if (row instanceof ProjectedRow) return row.source;
  const base = baseOf(row);
  return base === null ? null : sentRow(base);
};
