import { noValue, type ValuePlaces } from '@millrace/core';
import { UnexpectedOutcome } from '../../apply/unexpected-outcome.ts';
import type { PlannedColumn, TablePlan } from '../target/table-plan.ts';
import { rejectedIn } from './constant.ts';

const firstSize = 64 * 1024;

const [comma, open, close, tab, newline] = [0x2c, 0x28, 0x29, 0x09, 0x0a] as const;
const nullConstant = Buffer.from('NULL');
const nullField = Buffer.from('\\N');

/** Bytes of rows on their way into a statement or a file. Grows as needed. */
export class RowBuffer {
  #bytes = Buffer.allocUnsafe(firstSize);
  #at = 0;

  get length(): number {
    return this.#at;
  }

  append(text: string): void {
    this.#reserve(Buffer.byteLength(text));
    this.#at += this.#bytes.write(text, this.#at);
  }

  /** Appends the row that was read last as `(…, …)`. */
  appendConstants(places: ValuePlaces, columns: readonly PlannedColumn[], plan: TablePlan): void {
    this.#byte(open);
    for (const [at, column] of columns.entries()) {
      if (at > 0) this.#byte(comma);
      this.#value(places, column, plan, 'writeLiteral', nullConstant);
    }
    this.#byte(close);
  }

  /** Appends the row that was read last as a line of LOAD DATA. */
  appendFields(places: ValuePlaces, columns: readonly PlannedColumn[], plan: TablePlan): void {
    for (const [at, column] of columns.entries()) {
      if (at > 0) this.#byte(tab);
      this.#value(places, column, plan, 'writeField', nullField);
    }
    this.#byte(newline);
  }

  separate(): void {
    this.#byte(comma);
  }

  appendBytes(bytes: Buffer): void {
    this.#reserve(bytes.length);
    this.#at += bytes.copy(this.#bytes, this.#at);
  }

  /** Takes away what was appended from here on. */
  cut(from: number): Buffer {
    const cut = Buffer.from(this.#bytes.subarray(from, this.#at));
    this.#at = from;
    return cut;
  }

  /** What was appended; the buffer is empty then, and keeps none of it. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#at);
    this.#bytes = Buffer.allocUnsafe(Math.max(firstSize, this.#at));
    this.#at = 0;
    return taken;
  }

  #value(
    { bytes, starts, ends }: ValuePlaces,
    column: PlannedColumn,
    plan: TablePlan,
    write: 'writeLiteral' | 'writeField',
    none: Buffer,
  ): void {
    const start = starts[column.index] ?? noValue.absent;
    if (start === noValue.null) {
      this.#reserve(none.length);
      this.#at += none.copy(this.#bytes, this.#at);
      return;
    }
    if (start < 0) throw new UnexpectedOutcome('a row without all of its columns');
    const end = ends[column.index] ?? 0;
    this.#reserve(column.form.mostBytes(end - start));
    try {
      this.#at = column.form[write](bytes, start, end, this.#bytes, this.#at);
    } catch (error) {
      throw rejectedIn(error, plan, column);
    }
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = byte;
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + length));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}
