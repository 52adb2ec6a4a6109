import { noRoom, type ValuePlaces } from '@millrace/core';
import { memoryOf } from '../values/memory.ts';
import type { RowLayout } from './row-layout.ts';
import type { Image } from './row-shape.ts';
import { writeTexts } from './write-texts.ts';

/** The texts of many rows lie in one piece of memory. */
const chunkSize = 32 * 1024;

/**
 * Writes the texts of rows for sinks that read them where they lie. What has been written is never written over: a sink may
 * look at several rows at once. Memory that is full is left to those who look at it.
 */
export class TextPlacer {
  #target = memoryOf(Buffer.alloc(0));
  #fill = 0;
  /** The event of the last row. */
  #source = this.#target;

  /** Writes the values of an image that there is, and says where they lie. */
  place(shape: RowLayout, image: Image, body: Buffer, before: number, after: number, places: ValuePlaces): void {
    if (this.#source.bytes !== body) this.#source = memoryOf(body);
    let end = writeTexts(shape, image, this.#source, before, after, this.#target, this.#fill, places);
    while (end === noRoom) {
      // A row that had all of it for itself needs more.
      const size = this.#fill === 0 ? this.#target.bytes.length * 2 : 0;
      this.#target = memoryOf(Buffer.allocUnsafeSlow(Math.max(chunkSize, size)));
      this.#fill = 0;
      end = writeTexts(shape, image, this.#source, before, after, this.#target, this.#fill, places);
    }
    this.#fill = end;
    places.bytes = this.#target.bytes;
    places.wire = 'text';
  }
}
