import type { Change, Operation } from '../model/change.ts';
import type { UnpackRow } from '../model/packed-row.ts';
import type { Transaction } from '../model/position.ts';
import type { Relation } from '../model/relation.ts';
import { createChange } from '../model/row-change.ts';
import type { RowImage } from '../model/row-image.ts';

/*
 * A change as bytes: its operation, the numbers of its table and relation, its sequence, and its images; an image: the number of
 * what makes a row of it, and its bytes. What has no bytes is held in memory, and named by a number.
 */

const operations: readonly (Operation | 'read')[] = ['read', 'insert', 'update', 'delete', 'truncate'];
const headLength = 13;
const imageHeadLength = 8;
const form = { none: -1, held: -2 } as const;

/** Numbers for things that are met again and again. */
class Numbered<T> {
  readonly all: T[] = [];
  readonly #numbers = new Map<T, number>();

  of(item: T): number {
    const known = this.#numbers.get(item);
    if (known !== undefined) return known;
    const number = this.all.push(item) - 1;
    this.#numbers.set(item, number);
    return number;
  }
}

/** Turns changes of one transaction into bytes, and these into the same changes again. */
export class PackedChanges {
  readonly #relations = new Numbered<Relation>();
  readonly #tables = new Numbered<string>();
  readonly #unpacks = new Numbered<UnpackRow>();
  readonly #held: RowImage[] = [];
  #heldBytes = 0;

  /** What is held in memory, because it has no bytes. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  pack(changes: Iterable<Change>): Buffer {
    const pieces: Uint8Array[] = [];
    for (const { op, table, relation, sequence, image } of changes) {
      const head = Buffer.alloc(headLength);
      head.writeUInt8(operations.indexOf(op), 0);
      head.writeUInt32LE(this.#tables.of(table), 1);
      head.writeUInt32LE(this.#relations.of(relation), 5);
      head.writeUInt32LE(sequence, 9);
      pieces.push(head, ...this.#packImage(image.before), ...this.#packImage(image.after));
    }
    return Buffer.concat(pieces);
  }

  /** Made while iterating; the rows are views of the bytes. */
  *unpack(bytes: Buffer, transaction: Transaction): Generator<Change> {
    for (let at = 0; at < bytes.length; ) {
      const op = operations[bytes.readUInt8(at)];
      const table = this.#tables.all[bytes.readUInt32LE(at + 1)];
      const relation = this.#relations.all[bytes.readUInt32LE(at + 5)];
      if (op === undefined || table === undefined || relation === undefined) throw new Error('No change begins here');
      const before = this.#unpackImage(bytes, at + headLength);
      const after = this.#unpackImage(bytes, before.end);
      const sequence = bytes.readUInt32LE(at + 9);
      yield createChange({ op, table, relation, transaction, sequence, before: before.row, after: after.row });
      at = after.end;
    }
  }

  #packImage(row: RowImage | null): readonly Uint8Array[] {
    const head = Buffer.alloc(imageHeadLength);
    const packed = row?.pack?.() ?? null;
    if (packed !== null) {
      head.writeInt32LE(this.#unpacks.of(packed.unpack), 0);
      head.writeUInt32LE(packed.bytes.length, 4);
      return [head, packed.bytes];
    }
    head.writeInt32LE(row === null ? form.none : form.held, 0);
    if (row !== null) head.writeUInt32LE(this.#hold(row), 4);
    return [head];
  }

  #hold(row: RowImage): number {
    const kept = row.keep();
    this.#heldBytes += kept.byteLength;
    return this.#held.push(kept) - 1;
  }

  #unpackImage(bytes: Buffer, at: number): { readonly row: RowImage | null; readonly end: number } {
    const number = bytes.readInt32LE(at);
    const count = bytes.readUInt32LE(at + 4);
    const start = at + imageHeadLength;
    if (number === form.none) return { row: null, end: start };
    if (number === form.held) return { row: this.#held[count] ?? null, end: start };
    const end = start + count;
    return { row: this.#unpacks.all[number]?.(bytes.subarray(start, end)) ?? null, end };
  }
}
