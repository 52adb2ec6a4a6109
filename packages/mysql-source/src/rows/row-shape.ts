import { noValue, type UnpackRow } from '@millrace/core';
import { BinlogRow } from './binlog-row.ts';
import type { RowFormat } from './row-format.ts';
import type { RowImageLayout } from './row-image-layout.ts';

export type Image = 'before' | 'after';

const borrowedStarts: number[] = [];
const borrowedEnds: number[] = [];

/** What the rows of an event hold: the images of a table's rows, each with some of its columns. */
export class RowShape {
  readonly format: RowFormat;
  /** `null`: there is no such image. */
  readonly before: RowImageLayout | null;
  readonly after: RowImageLayout | null;
  /** An image after an update lacks columns, which have not changed: those of the image before it count. */
  readonly borrows: boolean;
  /** Make a row of the bytes that `BinlogRow.pack` gives. */
  readonly unpack: Readonly<Record<Image, UnpackRow>>;

  constructor(format: RowFormat, before: RowImageLayout | null, after: RowImageLayout | null) {
    this.format = format;
    this.before = before;
    this.after = after;
    this.borrows = before !== null && after !== null && !after.isWhole;
    const afterStart = (bytes: Buffer) => (this.borrows ? (this.before?.end(bytes, 0, bytes.length) ?? 0) : 0);
    this.unpack = {
      before: (bytes) => new BinlogRow(this, 'before', bytes, 0, 0),
      after: (bytes) => new BinlogRow(this, 'after', bytes, 0, afterStart(bytes)),
    };
  }

  /** The layout of an image that there is. */
  image(image: Image): RowImageLayout {
    const layout = this[image];
    if (layout === null) throw new RangeError(`There is no image ${image} the change`);
    return layout;
  }

  /**
   * Finds the values of an image: for each column where its value begins and ends, or one of `noValue`. `before` and
   * `after` are where the images begin.
   */
  locate(image: Image, body: Buffer, before: number, after: number, starts: number[], ends: number[]): void {
    const isAfterUpdate = image === 'after' && this.before !== null;
    const start = image === 'after' ? after : before;
    this.image(image).locate(body, start, starts, ends, isAfterUpdate ? noValue.unchanged : noValue.absent);
    if (image === 'before' || !this.borrows) return;
    this.image('before').locate(body, before, borrowedStarts, borrowedEnds, noValue.unchanged);
    const { has } = this.image('after');
    for (let column = 0; column < has.length; column++) {
      if (has[column] === true) continue;
      starts[column] = borrowedStarts[column] ?? noValue.unchanged;
      ends[column] = borrowedEnds[column] ?? 0;
    }
  }
}
