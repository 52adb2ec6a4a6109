const wordsPerRecord = 3;
const fewest = 16;

/** Bytes to account for one change: its record, and the room that the next ones will need. */
export const bytesPerRecord = 2 * wordsPerRecord * 4;

/**
 * The changes of one batch without an object for each: the number of the event, and where in it the images of the row
 * begin, before and after the change.
 */
export class ChangeRecords {
  #words = new Uint32Array(fewest * wordsPerRecord);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(event: number, before: number, after: number): void {
    const at = this.#length * wordsPerRecord;
    if (at === this.#words.length) {
      const words = new Uint32Array(Math.max(fewest * wordsPerRecord, at * 2));
      words.set(this.#words);
      this.#words = words;
    }
    const words = this.#words;
    words[at] = event;
    words[at + 1] = before;
    words[at + 2] = after;
    this.#length += 1;
  }

  event(index: number): number {
    return this.#word(index, 0);
  }

  before(index: number): number {
    return this.#word(index, 1);
  }

  after(index: number): number {
    return this.#word(index, 2);
  }

  /** Moves the changes from `index` on out, of which the first event is then counted as 0 instead of as `event`. */
  split(index: number, event: number): ChangeRecords {
    const rest = new ChangeRecords();
    rest.#words = this.#words.slice(index * wordsPerRecord, this.#length * wordsPerRecord);
    rest.#length = this.#length - index;
    for (let at = 0; at < rest.#words.length; at += wordsPerRecord) rest.#words[at] = (rest.#words[at] ?? 0) - event;
    this.#length = index;
    return rest;
  }

  truncateTo(length: number): void {
    this.#length = length;
  }

  #word(index: number, word: number): number {
    if (index >= this.#length) throw new RangeError(`There is no change ${index}`);
    return this.#words[index * wordsPerRecord + word] ?? 0;
  }
}
