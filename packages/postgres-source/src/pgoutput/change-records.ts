/** What happened to a row, and which rows the log holds of it. */
export const recordKind = {
  insert: 0,
  update: 1,
  updateWithKey: 2,
  updateWithRow: 3,
  deleteByKey: 4,
  deleteByRow: 5,
  truncate: 6,
} as const;

export type RecordKind = (typeof recordKind)[keyof typeof recordKind];

const wordsPerRecord = 4;
/** The kind, and whether the row is one of COPY's binary format. */
const kindBits = 4;
const kindMask = 7;
const copyRowBit = 8;

/** Bytes to account for one change: its record, and the room that the next ones will need. */
export const bytesPerRecord = 2 * wordsPerRecord * 4;

/**
 * The changes of one batch without an object for each: kind, number of the table's format, and where the rows lie
 * (chunk, offset of the new or only row, offset of the old row of an update).
 */
export class ChangeRecords {
  #words = new Uint32Array(16 * wordsPerRecord);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(kind: RecordKind, format: number, chunk: number, row: number, oldRow: number, isCopyRow: boolean): void {
    const at = this.#length * wordsPerRecord;
    if (at === this.#words.length) {
      const words = new Uint32Array(at * 2);
      words.set(this.#words);
      this.#words = words;
    }
    const words = this.#words;
    words[at] = (format << kindBits) | (isCopyRow ? copyRowBit : 0) | kind;
    words[at + 1] = chunk;
    words[at + 2] = row;
    words[at + 3] = oldRow;
    this.#length += 1;
  }

  kind(index: number): RecordKind {
    return (this.#word(index, 0) & kindMask) as RecordKind;
  }

  /** Whether the new or only row is one of COPY's binary format. */
  isCopyRow(index: number): boolean {
    return (this.#word(index, 0) & copyRowBit) !== 0;
  }

  format(index: number): number {
    return this.#word(index, 0) >>> kindBits;
  }

  chunk(index: number): number {
    return this.#word(index, 1);
  }

  row(index: number): number {
    return this.#word(index, 2);
  }

  oldRow(index: number): number {
    return this.#word(index, 3);
  }

  truncateTo(length: number): void {
    this.#length = length;
  }

  #word(index: number, word: number): number {
    return this.#words[index * wordsPerRecord + word] ?? 0;
  }
}
