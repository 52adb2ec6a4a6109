import { type ColumnState, noValue, type PackedRow, type Relation, type RowImage } from '@millrace/core';
import type { ValueDecoder } from '../values/value-decoder.ts';
import { LocatedValues } from './located-values.ts';
import type { RowLayout } from './row-layout.ts';
import type { Image } from './row-shape.ts';
import { valueError } from './value-error.ts';

const states: Readonly<Record<number, Exclude<ColumnState, 'value'>>> = {
  [noValue.null]: 'null',
  [noValue.unchanged]: 'unchanged',
  [noValue.absent]: 'absent',
};

/**
 * A row as the binlog has it: a view of an event's memory. Nothing is read before it is asked for; a question finds where each
 * column is, unless it follows one to the same row; values are decoded each time. What lies in the binlog says nothing without
 * the table's definition, so that nobody is given the bytes.
 */
export class BinlogRow implements RowImage {
  readonly relation: Relation;
  readonly wire = 'decoded';
  readonly #shape: RowLayout;
  readonly #image: Image;
  readonly #body: Buffer;
  /** Where the images of the change begin, those that there are. */
  readonly #before: number;
  readonly #after: number;
  readonly #located: LocatedValues;

  /** `located`: shared with the rows around it. */
  constructor(
    shape: RowLayout,
    image: Image,
    body: Buffer,
    before: number,
    after: number,
    located: LocatedValues = new LocatedValues(),
  ) {
    this.relation = shape.format.relation;
    this.#shape = shape;
    this.#image = image;
    this.#body = body;
    this.#before = before;
    this.#after = after;
    this.#located = located;
  }

  state(column: number): ColumnState {
    const start = this.#start(column);
    if (start < 0) return states[start] ?? 'absent';
    // What has no value by policy is known when it is read.
    return this.#shape.format.mayBeNull(column) && this.text(column) === null ? 'null' : 'value';
  }

  text(column: number): string | null {
    const start = this.#start(column);
    if (start < 0) return null;
    try {
      const make = this.#shape.plan?.texts[column] ?? this.#decoder(column).text;
      return make(this.#body, start, this.#located.ends[column] ?? start);
    } catch (error) {
      throw valueError(this.relation, column, error);
    }
  }

  writeText(column: number, target: Buffer, at: number): number {
    const start = this.#start(column);
    if (start < 0) return start;
    try {
      return this.#decoder(column).write(this.#body, start, this.#located.ends[column] ?? start, target, at);
    } catch (error) {
      throw valueError(this.relation, column, error);
    }
  }

  bytes(): null {
    return null;
  }

  value(column: number): unknown {
    const start = this.#start(column);
    if (start < 0) return start === noValue.null ? null : undefined;
    try {
      return this.#decoder(column).value(this.#body, start, this.#located.ends[column] ?? start);
    } catch (error) {
      throw valueError(this.relation, column, error);
    }
  }

  toObject(): Record<string, unknown> {
    const sent = this.relation.columns.flatMap(({ name }, column) => {
      const value = this.value(column);
      return value === undefined ? [] : [[name, value] as const];
    });
    return Object.fromEntries(sent);
  }

  keep(): RowImage {
    const { start, end } = this.#extent();
    return this.#shape.unpack[this.#image](Buffer.from(this.#body.subarray(start, end)));
  }

  pack(): PackedRow {
    const { start, end } = this.#extent();
    return { bytes: this.#body.subarray(start, end), unpack: this.#shape.unpack[this.#image] };
  }

  get byteLength(): number {
    const { start, end } = this.#extent();
    return end - start;
  }

  #decoder(column: number): ValueDecoder {
    return this.#shape.decoder(this.#image, column, this.#body, this.#before, this.#after);
  }

  /** The bytes that say this row. */
  #extent(): { readonly start: number; readonly end: number } {
    return this.#shape.extent(this.#image, this.#body, this.#before, this.#after);
  }

  /** Where the value of a column begins, or one of `noValue`. */
  #start(column: number): number {
    const located = this.#located;
    if (located.row !== this) {
      located.row = null;
      this.#shape.locate(this.#image, this.#body, this.#before, this.#after, located.starts, located.ends);
      located.row = this;
    }
    return located.starts[column] ?? noValue.absent;
  }
}
