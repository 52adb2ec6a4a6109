import { noRoom, noValue } from './indexed-changes.ts';
import type { Relation } from './relation.ts';
import type { ColumnState, RowImage } from './row-image.ts';

/*
 * A row as canonical text in one piece: for each column the length of its text in 32 bits, or one of `noValue`, and the
 * text.
 */

/** The bytes in front of a text. */
export const lengthSize = 4;

/** Where the column behind the one at `at` begins. */
const nextText = (bytes: Buffer, at: number): number => at + lengthSize + Math.max(0, bytes.readInt32LE(at));

/**
 * Writes a row to `target`, from `start` on, and returns where it ends, or `noRoom` when it may not fit. `columns`: how
 * many it has.
 */
export const writeTextRow = (row: RowImage, columns: number, target: Buffer, start: number): number => {
  let at = start;
  for (let column = 0; column < columns; column++) {
    const text = at + lengthSize;
    if (text > target.length) return noRoom;
    const end = row.writeText(column, target, text);
    if (end === noRoom) return noRoom;
    target.writeInt32LE(end < 0 ? end : end - text, at);
    at = end < 0 ? text : end;
  }
  return at;
};

/** Whether a row that lies at `start` says every column. */
export const isWholeTextRow = (columns: number, bytes: Buffer, start: number): boolean => {
  let at = start;
  for (let column = 0; column < columns; column++) {
    const length = bytes.readInt32LE(at);
    if (length < noValue.null) return false;
    at += lengthSize + Math.max(0, length);
  }
  return true;
};

const states: Readonly<Record<number, Exclude<ColumnState, 'value'>>> = {
  [noValue.null]: 'null',
  [noValue.unchanged]: 'unchanged',
  [noValue.absent]: 'absent',
};

/** A row of which only the text is left: its values are texts too. */
export class TextRow implements RowImage {
  readonly relation: Relation;
  readonly wire = 'text';
  readonly #bytes: Buffer;
  readonly #start: number;

  constructor(relation: Relation, bytes: Buffer, start: number) {
    this.relation = relation;
    this.#bytes = bytes;
    this.#start = start;
  }

  state(column: number): ColumnState {
    return states[this.#length(column)] ?? 'value';
  }

  text(column: number): string | null {
    return this.bytes(column)?.toString('utf8') ?? null;
  }

  writeText(column: number, target: Buffer, at: number): number {
    const bytes = this.bytes(column);
    if (bytes === null) return this.#length(column);
    return at + bytes.length > target.length ? noRoom : at + bytes.copy(target, at);
  }

  bytes(column: number): Buffer | null {
    const length = this.#length(column);
    const start = this.#at(column) + lengthSize;
    return length < 0 ? null : this.#bytes.subarray(start, start + length);
  }

  value(column: number): unknown {
    return this.state(column) === 'null' ? null : (this.text(column) ?? undefined);
  }

  toObject(): Record<string, unknown> {
    const sent = this.relation.columns.flatMap(({ name }, column) => {
      const value = this.value(column);
      return value === undefined ? [] : [[name, value] as const];
    });
    return Object.fromEntries(sent);
  }

  keep(): RowImage {
    const end = this.#start + this.byteLength;
    return new TextRow(this.relation, Buffer.from(this.#bytes.subarray(this.#start, end)), 0);
  }

  get byteLength(): number {
    return this.#at(this.relation.columns.length) - this.#start;
  }

  #length(column: number): number {
    return column >= 0 && column < this.relation.columns.length
      ? this.#bytes.readInt32LE(this.#at(column))
      : noValue.absent;
  }

  #at(column: number): number {
    let at = this.#start;
    for (let before = 0; before < column; before++) at = nextText(this.#bytes, at);
    return at;
  }
}
