import { MalformedRow } from '@millrace/mysql-client';

/** In the options in front of an image: some JSON columns hold only what has changed in them. */
const partialUpdates = 1;

/**
 * What stands in front of the images after updates whose event may hold changes of JSON documents: options, and, where
 * those say so, a bit for each JSON column of the table, also of those that the image lacks.
 */
export class PartialJsonLayout {
  readonly #jsonColumns: readonly number[];

  constructor(jsonColumns: readonly number[]) {
    this.#jsonColumns = jsonColumns;
  }

  /** Where the image itself begins. Throws `MalformedRow` past `end`. */
  imageStart(bytes: Buffer, start: number, end: number): number {
    if (start >= end) throw new MalformedRow('a row runs past the end of its event');
    const options = bytes[start] ?? 0;
    // Written in one byte up to 250; there is no other option.
    if (options > partialUpdates) throw new MalformedRow('a row has options that are not known');
    return start + 1 + (options === partialUpdates ? (this.#jsonColumns.length + 7) >> 3 : 0);
  }

  /** Whether the image has only the changes of a column's document. */
  isPartial(bytes: Buffer, start: number, column: number): boolean {
    const place = this.#jsonColumns.indexOf(column);
    if (bytes[start] !== partialUpdates || place < 0) return false;
    return (((bytes[start + 1 + (place >> 3)] ?? 0) >> (place & 7)) & 1) === 1;
  }
}
