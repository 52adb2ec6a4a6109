import { type ColumnState, noRoom, noValue, type Relation, type RowImage } from '@millrace/core';

export interface RowParts {
  readonly relation: Relation;
  /** Each column of the source is as the first of these says that was sent it. */
  readonly rows: readonly RowImage[];
  /** The texts of the columns behind those of the source; `undefined`: not sent. */
  readonly own: readonly (string | null | undefined)[];
  /** What a column of the source is that no row says; unless told, whatever the first row says. */
  readonly otherwise?: 'null' | 'unchanged';
  /** Columns of the source that are left out all the same; unless told, none. */
  readonly only?: readonly number[];
}

const isSent = (state: ColumnState): boolean => state === 'value' || state === 'null';

const states = { null: noValue.null, unchanged: noValue.unchanged, absent: noValue.absent } as const;

/** A row made of other rows and of texts. */
export class ComposedRow implements RowImage {
  readonly relation: Relation;
  readonly wire = 'decoded';
  readonly #parts: RowParts;
  readonly #sourceColumns: number;

  constructor(parts: RowParts) {
    this.relation = parts.relation;
    this.#parts = parts;
    this.#sourceColumns = parts.relation.columns.length - parts.own.length;
  }

  state(column: number): ColumnState {
    const own = this.#own(column);
    if (own !== null) return own.text === undefined ? 'absent' : own.text === null ? 'null' : 'value';
    const row = this.#rowOf(column);
    const state = row?.state(column) ?? 'absent';
    return isSent(state) ? state : (this.#parts.otherwise ?? state);
  }

  text(column: number): string | null {
    const own = this.#own(column);
    return own === null ? (this.#rowOf(column)?.text(column) ?? null) : (own.text ?? null);
  }

  writeText(column: number, target: Buffer, at: number): number {
    const state = this.state(column);
    if (state !== 'value') return states[state];
    const own = this.#own(column)?.text;
    if (typeof own !== 'string') return this.#rowOf(column)?.writeText(column, target, at) ?? noValue.absent;
    const length = Buffer.byteLength(own);
    return at + length > target.length ? noRoom : at + target.write(own, at, 'utf8');
  }

  bytes(): null {
    return null;
  }

  value(column: number): unknown {
    const own = this.#own(column);
    if (own !== null) return own.text;
    return this.state(column) === 'null' ? null : this.#rowOf(column)?.value(column);
  }

  toObject(): Record<string, unknown> {
    const sent = this.relation.columns.flatMap(({ name }, column) =>
      isSent(this.state(column)) ? [[name, this.value(column)] as const] : [],
    );
    return Object.fromEntries(sent);
  }

  keep(): RowImage {
    return new ComposedRow({ ...this.#parts, rows: this.#parts.rows.map((row) => row.keep()) });
  }

  get byteLength(): number {
    const { rows, own } = this.#parts;
    return (
      rows.reduce((sum, { byteLength }) => sum + byteLength, 0) +
      own.reduce((sum, text) => sum + (text?.length ?? 0), 0)
    );
  }

  #own(column: number): { readonly text: string | null | undefined } | null {
    return column < this.#sourceColumns ? null : { text: this.#parts.own[column - this.#sourceColumns] };
  }

  #rowOf(column: number): RowImage | undefined {
    const { rows, only } = this.#parts;
    if (only?.includes(column) === false) return undefined;
    return rows.find((row) => isSent(row.state(column))) ?? rows[0];
  }
}
