import { noValue } from '@millrace/core';
import { MalformedRow } from '@millrace/mysql-client';

/** Which columns the images of some rows have, and how long their values are. */
export class RowImageLayout {
  /** By column of the table whether the images have it. */
  readonly has: readonly boolean[];
  /** Whether they have every column. */
  readonly isWhole: boolean;
  readonly #columns: readonly number[];
  /** As `valueSize` says, one for each of `columns`. */
  readonly #sizes: readonly number[];
  readonly #nullBytes: number;
  /** Of values whose length stands in front of them: of how many bytes it is, and how many of other values lie before it. */
  readonly #lengths: readonly number[];
  readonly #before: readonly number[];
  /** Bytes of the values behind the last of those. */
  readonly #rest: number;

  /** `sizes`: of all columns of the table. */
  constructor(sizes: readonly number[], present: Uint8Array) {
    this.has = sizes.map((_, column) => (((present[column >> 3] ?? 0) >> (column & 7)) & 1) === 1);
    this.isWhole = this.has.every((is) => is);
    this.#columns = this.has.flatMap((is, column) => (is ? [column] : []));
    this.#sizes = this.#columns.map((column) => sizes[column] ?? 0);
    this.#nullBytes = (this.#columns.length + 7) >> 3;
    const [lengths, before]: [number[], number[]] = [[], []];
    let fixed = 0;
    for (const size of this.#sizes) {
      if (size >= 0) {
        fixed += size;
        continue;
      }
      lengths.push(-size);
      before.push(fixed);
      fixed = 0;
    }
    this.#lengths = lengths;
    this.#before = before;
    this.#rest = fixed;
  }

  /** Where the image ends that begins at `start`, without a look at its values. Throws `MalformedRow` past `end`. */
  end(bytes: Buffer, start: number, end: number): number {
    if (this.#hasNull(bytes, start)) return this.#endWithNulls(bytes, start, end);
    const [lengths, before] = [this.#lengths, this.#before];
    let at = start + this.#nullBytes;
    for (let place = 0; place < lengths.length; place++) {
      const size = lengths[place] ?? 0;
      at += before[place] ?? 0;
      if (at + size > end) throw pastEnd();
      at += lengthAt(bytes, at, size) + size;
    }
    at += this.#rest;
    if (at > end) throw pastEnd();
    return at;
  }

  #hasNull(bytes: Buffer, start: number): boolean {
    const last = this.#nullBytes - 1;
    for (let place = 0; place < last; place++) if (bytes[start + place] !== 0) return true;
    // The bits behind those of the last columns say nothing.
    return ((bytes[start + last] ?? 0) & (0xff >> (-this.#sizes.length & 7))) !== 0;
  }

  #endWithNulls(bytes: Buffer, start: number, end: number): number {
    const sizes = this.#sizes;
    let at = start + this.#nullBytes;
    for (let place = 0; place < sizes.length; place++) {
      if (((bytes[start + (place >> 3)] ?? 0) >> (place & 7)) & 1) continue;
      const size = sizes[place] ?? 0;
      if (size >= 0) at += size;
      else {
        if (at - size > end) throw pastEnd();
        at += lengthAt(bytes, at, -size) - size;
      }
    }
    if (at > end) throw pastEnd();
    return at;
  }

  /**
   * Finds the values of an image that `end` has passed over: for each column where its value begins and ends. `missing`
   * is written for columns that it does not have.
   */
  locate(bytes: Buffer, start: number, starts: number[], ends: number[], missing: number): void {
    if (this.isWhole && !this.#hasNull(bytes, start)) {
      this.#locateAll(bytes, start, starts, ends);
      return;
    }
    const [columns, sizes] = [this.#columns, this.#sizes];
    if (!this.isWhole) for (let column = 0; column < this.has.length; column++) starts[column] = missing;
    let at = start + this.#nullBytes;
    for (let place = 0; place < sizes.length; place++) {
      const column = columns[place] ?? 0;
      if (((bytes[start + (place >> 3)] ?? 0) >> (place & 7)) & 1) {
        starts[column] = noValue.null;
        continue;
      }
      const size = sizes[place] ?? 0;
      let length = size;
      if (size < 0) {
        length = lengthAt(bytes, at, -size);
        at -= size;
      }
      starts[column] = at;
      at += length;
      ends[column] = at;
    }
  }

  /** As `locate`, where every column has a value. */
  #locateAll(bytes: Buffer, start: number, starts: number[], ends: number[]): void {
    const sizes = this.#sizes;
    let at = start + this.#nullBytes;
    for (let column = 0; column < sizes.length; column++) {
      let length = sizes[column] ?? 0;
      if (length < 0) {
        const size = -length;
        length = lengthAt(bytes, at, size);
        at += size;
      }
      starts[column] = at;
      at += length;
      ends[column] = at;
    }
  }
}

const pastEnd = (): MalformedRow => new MalformedRow('a row runs past the end of its event');

const lengthAt = (bytes: Buffer, at: number, size: number): number => {
  let length = bytes[at] ?? 0;
  if (size > 1) length += (bytes[at + 1] ?? 0) << 8;
  if (size > 2) length += (bytes[at + 2] ?? 0) << 16;
  // Not shifted: the highest byte would make it negative.
  if (size > 3) length += (bytes[at + 3] ?? 0) * 0x100_0000;
  return length;
};
