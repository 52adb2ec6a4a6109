import { noValue, type UnpackRow } from '@millrace/core';
import { MalformedRow } from '@millrace/mysql-client';
import { changedJsonDecoder } from '../json/json-value.ts';
import type { ValueDecoder } from '../values/value-decoder.ts';
import { BinlogRow } from './binlog-row.ts';
import type { PartialJsonLayout } from './partial-json-layout.ts';
import type { RowFormat } from './row-format.ts';
import type { RowImageLayout } from './row-image-layout.ts';
import type { TextPlan } from './text-plan.ts';

export type Image = 'before' | 'after';

const beforeStarts: number[] = [];
const beforeEnds: number[] = [];

/**
 * What the rows of an event hold: the images of a table's rows, each with some of its columns. One image follows the
 * other; `start` is always where the images of a row begin.
 */
export class RowShape {
  readonly format: RowFormat;
  /** `null`: there is no such image. */
  readonly before: RowImageLayout | null;
  readonly after: RowImageLayout | null;
  /** Makes a row of the bytes that `BinlogRow.pack` gives. */
  readonly unpack: Readonly<Record<Image, UnpackRow>>;
  /** How texts are made and written; `null`: how a column is read depends on the row. */
  readonly plan: TextPlan | null;
  readonly #partial: PartialJsonLayout | null;
  /** What the image after an update lacks has not changed, or it says only changes: the image before it says the rest. */
  readonly #borrows: boolean;

  constructor(
    format: RowFormat,
    before: RowImageLayout | null,
    after: RowImageLayout | null,
    partial: PartialJsonLayout | null,
  ) {
    this.format = format;
    this.before = before;
    this.after = after;
    this.plan = partial === null ? format.plan : null;
    this.#partial = partial;
    this.#borrows = before !== null && after !== null && (partial !== null || !after.isWhole);
    this.unpack = {
      before: (bytes) => new BinlogRow(this, 'before', bytes, 0, 0),
      after: (bytes) =>
        new BinlogRow(this, 'after', bytes, 0, this.#borrows ? this.afterStart(bytes, 0, bytes.length) : 0),
    };
  }

  /** Where the image after the change begins. Throws `MalformedRow` past `end`. */
  afterStart(bytes: Buffer, start: number, end: number): number {
    return this.before?.end(bytes, start, end) ?? start;
  }

  /** Where the row ends of which the image after the change begins at `after`. Throws `MalformedRow` past `end`. */
  end(bytes: Buffer, after: number, end: number): number {
    if (this.after === null) return after;
    return this.after.end(bytes, this.#partial?.imageStart(bytes, after, end) ?? after, end);
  }

  /** The bytes that say all of an image. */
  extent(image: Image, bytes: Buffer, before: number, after: number): { readonly start: number; readonly end: number } {
    if (image === 'before') return { start: before, end: this.afterStart(bytes, before, bytes.length) };
    return { start: this.#borrows ? before : after, end: this.end(bytes, after, bytes.length) };
  }

  /**
   * Finds the values of an image: for each column where its value begins and ends, or one of `noValue`. `before` and
   * `after` are where the images begin.
   */
  locate(image: Image, bytes: Buffer, before: number, after: number, starts: number[], ends: number[]): void {
    if (image === 'before') {
      layoutOf(this.before).locate(bytes, before, starts, ends, noValue.absent);
      return;
    }
    const layout = layoutOf(this.after);
    const start = this.#partial?.imageStart(bytes, after, bytes.length) ?? after;
    layout.locate(bytes, start, starts, ends, this.before === null ? noValue.absent : noValue.unchanged);
    if (!this.#borrows || layout.isWhole) return;
    this.before?.locate(bytes, before, beforeStarts, beforeEnds, noValue.unchanged);
    for (let column = 0; column < layout.has.length; column++) {
      if (layout.has[column] === true) continue;
      starts[column] = beforeStarts[column] ?? noValue.unchanged;
      ends[column] = beforeEnds[column] ?? 0;
    }
  }

  /** What reads a value that `locate` has found. */
  decoder(image: Image, column: number, bytes: Buffer, before: number, after: number): ValueDecoder {
    if (this.#partial === null || image === 'before' || !this.#partial.isPartial(bytes, after, column))
      return this.format.decoder(column);
    if (this.after?.has[column] !== true) return this.format.decoder(column);
    this.before?.locate(bytes, before, beforeStarts, beforeEnds, noValue.absent);
    const start = beforeStarts[column] ?? noValue.absent;
    if (start === noValue.absent) throw this.format.incompleteJson(column);
    if (start < 0) throw new MalformedRow('changes of a JSON document that is NULL');
    return changedJsonDecoder(bytes, start, beforeEnds[column] ?? start);
  }
}

const layoutOf = (layout: RowImageLayout | null): RowImageLayout => {
  if (layout === null) throw new RangeError('There is no such image of the row');
  return layout;
};
