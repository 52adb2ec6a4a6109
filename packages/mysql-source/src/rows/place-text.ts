import { noRoom, type ValuePlaces } from '@millrace/core';
import type { RowLayout } from './row-layout.ts';
import type { Image } from './row-shape.ts';
import { valueError } from './value-error.ts';

/** The texts of many rows lie in one piece of memory. */
const chunkSize = 32 * 1024;

/**
 * Writes the texts of rows for sinks that read them where they lie. What has been written is never written over: a sink may
 * look at several rows at once. Memory that is full is left to those who look at it.
 */
export class TextPlacer {
  #memory = Buffer.alloc(0);
  #fill = 0;

  /** Writes the values of an image that there is, and says where they lie. */
  place(shape: RowLayout, image: Image, body: Buffer, before: number, after: number, places: ValuePlaces): void {
    const { starts, ends } = places;
    const { relation } = shape.format;
    shape.locate(image, body, before, after, starts, ends);
    let row = this.#fill;
    let at = row;
    for (let column = 0; column < relation.columns.length; column++) {
      const start = starts[column] ?? -1;
      if (start < 0) continue;
      let end: number;
      try {
        const decoder = shape.decoder(image, column, body, before, after);
        end = decoder.write(body, start, ends[column] ?? start, this.#memory, at);
        while (end === noRoom) {
          this.#grow(row, at, starts, ends, column);
          at -= row;
          row = 0;
          end = decoder.write(body, start, ends[column] ?? start, this.#memory, at);
        }
      } catch (error) {
        throw valueError(relation, column, error);
      }
      starts[column] = end < 0 ? end : at;
      if (end < 0) continue;
      ends[column] = end;
      at = end;
    }
    this.#fill = at;
    places.bytes = this.#memory;
    places.wire = 'text';
  }

  /** Takes new memory, and what has been written of a row along. */
  #grow(row: number, at: number, starts: number[], ends: number[], columns: number): void {
    const size = row === 0 ? this.#memory.length * 2 : (at - row) * 2;
    const memory = Buffer.allocUnsafeSlow(Math.max(chunkSize, size));
    this.#memory.copy(memory, 0, row, at);
    this.#memory = memory;
    for (let column = 0; column < columns; column++) {
      if ((starts[column] ?? -1) < 0) continue;
      starts[column] = (starts[column] ?? 0) - row;
      ends[column] = (ends[column] ?? 0) - row;
    }
  }
}
