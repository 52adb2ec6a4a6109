import type { Change, Operation } from '../model/change.ts';
import type { BatchEnd, ChangeBatch } from '../model/change-batch.ts';
import { type IndexedChanges, noRoom, type ValuePlaces } from '../model/indexed-changes.ts';
import type { Transaction } from '../model/position.ts';
import type { Relation } from '../model/relation.ts';
import { createChange } from '../model/row-change.ts';
import type { RowImage } from '../model/row-image.ts';
import { isWholeTextRow, lengthSize, TextRow, writeTextRow } from '../model/text-row.ts';

const operations = ['insert', 'update', 'delete', 'truncate', 'read'] as const satisfies readonly (
  | Operation
  | 'read'
)[];

const firstChunk = 4 * 1024;
const largestChunk = 256 * 1024;

/** In the numbers of a change: its operation, its sequence, and chunk and offset of each row; -1: there is none. */
const field = { operation: 0, sequence: 1, beforeChunk: 2, before: 3, afterChunk: 4, after: 5 } as const;
const fields = 6;

/**
 * Changes of which only the text is kept, without an object for any of them: what waits in the queue costs the garbage
 * collector nothing, and a sink that writes text finds it where it lies.
 */
export class TextChanges implements Iterable<Change>, IndexedChanges {
  readonly #numbers: Int32Array;
  readonly #tables: string[] = [];
  readonly #relations: Relation[] = [];
  readonly #transactions: (Transaction | null)[] = [];
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #fill = 0;
  #areWhole = true;

  /** `capacity`: how many changes may be added. */
  constructor(capacity: number) {
    this.#numbers = new Int32Array(capacity * fields);
  }

  get length(): number {
    return this.#length;
  }

  get indexed(): IndexedChanges {
    return this;
  }

  get areWhole(): boolean {
    return this.#areWhole;
  }

  /** The batch of what was added. */
  batch(end: BatchEnd): ChangeBatch {
    const tables = new Map<string, number>();
    for (const table of this.#tables) tables.set(table, (tables.get(table) ?? 0) + 1);
    let commitTime: number | null = null;
    for (const transaction of this.#transactions)
      if (transaction !== null) commitTime = Math.max(commitTime ?? 0, transaction.commitTime);
    const relations = [...new Set(this.#relations)];
    const bytes = this.#chunks.reduce((sum, { length }) => sum + length, this.#numbers.byteLength);
    return { relations, schemaChanges: [], changes: this, tables, commitTime, bytes, ...end };
  }

  /** Takes a change, with another relation and row after it. */
  add(
    { op, table, transaction, sequence, image: { before } }: Change,
    relation: Relation,
    after: RowImage | null,
  ): void {
    const at = this.#length * fields;
    const numbers = this.#numbers;
    numbers[at + field.operation] = operations.indexOf(op);
    numbers[at + field.sequence] = sequence;
    const columns = relation.columns.length;
    numbers[at + field.before] = before === null ? -1 : this.#write(before, columns);
    numbers[at + field.beforeChunk] = this.#chunks.length - 1;
    numbers[at + field.after] = after === null ? -1 : this.#write(after, columns);
    numbers[at + field.afterChunk] = this.#chunks.length - 1;
    this.#tables.push(table);
    this.#relations.push(relation);
    this.#transactions.push(transaction);
    this.#length += 1;
    if (op === 'insert' && this.#areWhole && !this.#isWhole(this.#length - 1, columns)) this.#areWhole = false;
  }

  operation(index: number): Operation | 'read' {
    return operations[this.#number(index, field.operation)] ?? 'read';
  }

  relation(index: number): Relation {
    const relation = this.#relations[index];
    if (relation === undefined) throw new RangeError(`There is no change ${index}`);
    return relation;
  }

  hasBefore(index: number): boolean {
    return this.#number(index, field.before) >= 0;
  }

  place(index: number, image: 'before' | 'after', places: ValuePlaces): boolean {
    const bytes = this.#chunks[this.#number(index, image === 'after' ? field.afterChunk : field.beforeChunk)];
    let at = this.#number(index, field[image]);
    if (bytes === undefined || at < 0) return false;
    const { starts, ends } = places;
    const count = this.relation(index).columns.length;
    for (let column = 0; column < count; column++) {
      const length = bytes.readInt32LE(at);
      at += lengthSize;
      starts[column] = length < 0 ? length : at;
      if (length < 0) continue;
      at += length;
      ends[column] = at;
    }
    places.bytes = bytes;
    places.wire = 'text';
    return true;
  }

  placeEncoded(): boolean {
    return false;
  }

  at(index: number): Change {
    const relation = this.relation(index);
    return createChange({
      op: this.operation(index),
      table: this.#tables[index] ?? '',
      relation,
      transaction: this.#transactions[index] ?? null,
      sequence: this.#number(index, field.sequence),
      before: this.#row(index, field.beforeChunk, field.before),
      after: this.#row(index, field.afterChunk, field.after),
    });
  }

  *[Symbol.iterator](): Generator<Change, void, undefined> {
    for (let index = 0; index < this.#length; index++) yield this.at(index);
  }

  #number(index: number, of: number): number {
    return this.#numbers[index * fields + of] ?? -1;
  }

  #row(index: number, chunk: number, start: number): RowImage | null {
    const bytes = this.#chunks[this.#number(index, chunk)];
    const at = this.#number(index, start);
    return bytes === undefined || at < 0 ? null : new TextRow(this.relation(index), bytes, at);
  }

  /** Whether the row after an insert says every column. */
  #isWhole(index: number, columns: number): boolean {
    const bytes = this.#chunks[this.#number(index, field.afterChunk)];
    const start = this.#number(index, field.after);
    return bytes === undefined || start < 0 || isWholeTextRow(columns, bytes, start);
  }

  /** Where it was written, in the last of the chunks. */
  #write(row: RowImage, columns: number): number {
    let size = Math.min((this.#chunks.at(-1)?.length ?? firstChunk / 2) * 2, largestChunk);
    for (;;) {
      const chunk = this.#chunks.at(-1);
      const end = chunk === undefined ? noRoom : writeTextRow(row, columns, chunk, this.#fill);
      if (end !== noRoom) {
        const start = this.#fill;
        this.#fill = end;
        return start;
      }
      // One that held nothing was too small for the row.
      if (this.#fill === 0) this.#chunks.pop();
      this.#chunks.push(Buffer.allocUnsafeSlow(size));
      this.#fill = 0;
      size *= 4;
    }
  }
}
