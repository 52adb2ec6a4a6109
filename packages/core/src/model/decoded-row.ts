import { canonicalText } from './canonical-text.ts';
import type { Relation } from './relation.ts';
import type { ColumnState, RowImage } from './row-image.ts';

const state = (value: unknown): ColumnState => (value === undefined ? 'unchanged' : value === null ? 'null' : 'value');

class DecodedRow implements RowImage {
  readonly relation: Relation;
  readonly wire = 'decoded';
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(relation: Relation, values: Readonly<Record<string, unknown>>) {
    this.relation = relation;
    this.#values = values;
  }

  state(column: number): ColumnState {
    return state(this.value(column));
  }

  text(column: number): string | null {
    const value = this.value(column);
    return value === null || value === undefined ? null : canonicalText(value, this.relation.columns[column]?.type);
  }

  bytes(): null {
    return null;
  }

  value(column: number): unknown {
    const name = this.relation.columns[column]?.name;
    return name === undefined ? undefined : this.#values[name];
  }

  toObject(): Record<string, unknown> {
    return { ...this.#values };
  }

  keep(): RowImage {
    return new DecodedRow(this.relation, this.toObject());
  }

  get byteLength(): number {
    let bytes = 0;
    for (let column = 0; column < this.relation.columns.length; column++) bytes += 8 + (this.text(column)?.length ?? 0);
    return bytes;
  }
}

/**
 * A row made of JavaScript values, for sources that have no wire form and for `transform`. A column without a key in
 * `values` counts as unchanged.
 */
export const decodedRow = (relation: Relation, values: Readonly<Record<string, unknown>>): RowImage =>
  new DecodedRow(relation, values);
