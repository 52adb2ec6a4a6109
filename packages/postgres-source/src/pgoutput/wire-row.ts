import {
  type ColumnState,
  noRoom,
  noValue,
  type PackedRow,
  qualifiedName,
  type Relation,
  type RowImage,
  type UnpackRow,
  unpackedBy,
} from '@millrace/core';
import { MalformedValue } from '../values/malformed-value.ts';
import { ByteCopier } from './byte-copier.ts';
import { decodeError } from './decode-error.ts';
import type { RowFormat } from './row-format.ts';
import { lengthOf, lengthSize, nextColumn, noLength, textFlag } from './stored-row.ts';
import { int32At, tupleHeader } from './tuple.ts';

/** A key holds the columns of the replica identity and NULL for all others. */
export type RowRole = 'row' | 'key';

/** What stands for the length of a column that does not exist. */
const noColumn = -3;

/** One for all rows: they are written one after the other, mostly from and to the same memory. */
const copier = new ByteCopier();

/**
 * A row as pgoutput sent it: a view of a row inside a batch's memory. Nothing is read before it is asked for; the first
 * question finds where each column is, values are decoded each time.
 */
export class WireRow implements RowImage {
  readonly relation: Relation;
  readonly #format: RowFormat;
  readonly #bytes: Buffer;
  readonly #offset: number;
  readonly #role: RowRole;
  /** The whole row before an update, in the same memory: what the update left out is taken from there. */
  readonly #previous: WireRow | null;
  // Not a typed array: V8 keeps one of more than 16 columns off its heap, at 20 times the price.
  #offsets: number[] | null = null;
  #length = 0;

  constructor(format: RowFormat, bytes: Buffer, offset: number, role: RowRole, previous: WireRow | null) {
    this.relation = format.relation;
    this.#format = format;
    this.#bytes = bytes;
    this.#offset = offset;
    this.#role = role;
    this.#previous = previous;
  }

  state(column: number): ColumnState {
    const stored = this.#stored(column);
    return stored < 0 ? this.#stateWithoutValue(column, stored) : 'value';
  }

  text(column: number): string | null {
    const stored = this.#stored(column);
    if (stored < 0) return null;
    const start = this.#start(column);
    const end = start + lengthOf(stored);
    try {
      if (stored >= textFlag) return this.#bytes.toString('utf8', start, end);
      return this.#format.decoders[column]?.textOfBinary(this.#bytes, start, end) ?? null;
    } catch (error) {
      throw this.#failure(column, error);
    }
  }

  writeText(column: number, target: Buffer, at: number): number {
    const stored = this.#stored(column);
    if (stored < 0) return noValue[this.#stateWithoutValue(column, stored)];
    if (stored < textFlag) {
      const text = this.text(column) ?? '';
      return at + text.length * 3 > target.length ? noRoom : at + target.write(text, at, 'utf8');
    }
    const length = lengthOf(stored);
    if (at + length > target.length) return noRoom;
    const start = this.#start(column);
    copier.copy(this.#bytes, start, start + length, target, at);
    return at + length;
  }

  /** `binary` when every value is; what came in the other form then has no `bytes`. */
  get wire(): 'text' | 'binary' {
    let binary = false;
    for (const at of this.#columns()) {
      const stored = int32At(this.#bytes, at);
      if (stored >= textFlag) return 'text';
      if (stored >= 0) binary = true;
    }
    return binary ? 'binary' : 'text';
  }

  bytes(column: number): Uint8Array | null {
    const stored = this.#stored(column);
    if (stored < 0 || (stored < textFlag && this.wire === 'text')) return null;
    const start = this.#start(column);
    return this.#bytes.subarray(start, start + lengthOf(stored));
  }

  value(column: number): unknown {
    const stored = this.#stored(column);
    if (stored === noLength.null) return this.#isAbsent(column) ? undefined : null;
    if (stored < 0) return undefined;
    const start = this.#start(column);
    const end = start + lengthOf(stored);
    const decoder = this.#format.decoders[column];
    try {
      return stored >= textFlag
        ? decoder?.fromText(this.#bytes, start, end)
        : decoder?.fromBinary(this.#bytes, start, end);
    } catch (error) {
      throw this.#failure(column, error);
    }
  }

  toObject(): Record<string, unknown> {
    const { columns } = this.relation;
    const row: Record<string, unknown> = {};
    for (let column = 0; column < columns.length; column++) {
      const value = this.value(column);
      const name = columns[column]?.name;
      if (value === undefined || name === undefined) continue;
      // An assignment would set the prototype.
      if (name === '__proto__')
        Object.defineProperty(row, name, { value, enumerable: true, writable: true, configurable: true });
      else row[name] = value;
    }
    return row;
  }

  keep(): RowImage {
    return new WireRow(this.#format, this.#copy(), 0, this.#role, null);
  }

  pack(): PackedRow {
    const unpack = unpackedBy(this.#format, roles[this.#role], () => unpackWire(this.#format, this.#role));
    return { bytes: this.#copy(), unpack };
  }

  get byteLength(): number {
    this.#columns();
    return this.#length;
  }

  #copy(): Buffer {
    const offsets = this.#columns();
    const copy = Buffer.allocUnsafeSlow(this.#length);
    let length = copy.writeUInt16BE(offsets.length, 0);
    for (const at of offsets) length += this.#bytes.copy(copy, length, at, nextColumn(this.#bytes, at));
    return copy;
  }

  /** The length that stands in front of a column's value. */
  #stored(column: number): number {
    const at = (this.#offsets ?? this.#columns())[column];
    return at === undefined ? noColumn : int32At(this.#bytes, at);
  }

  /** Where the value of a column begins that has one. */
  #start(column: number): number {
    return (this.#offsets?.[column] ?? 0) + lengthSize;
  }

  #columns(): number[] {
    if (this.#offsets !== null) return this.#offsets;
    const bytes = this.#bytes;
    const count = this.relation.columns.length;
    const offsets = new Array<number>(count);
    let borrowed = 0;
    let at = this.#offset + tupleHeader;
    for (let column = 0; column < count; column++) {
      offsets[column] = at;
      const isUnchanged = int32At(bytes, at) === noLength.unchanged;
      at = nextColumn(bytes, at);
      if (!isUnchanged || this.#previous === null) continue;
      const before = this.#previous.#columns()[column];
      if (before === undefined || int32At(bytes, before) < 0) continue;
      offsets[column] = before;
      borrowed += nextColumn(bytes, before) - before - lengthSize;
    }
    this.#length = at - this.#offset + borrowed;
    this.#offsets = offsets;
    return offsets;
  }

  #stateWithoutValue(column: number, stored: number): Exclude<ColumnState, 'value'> {
    if (stored === noLength.unchanged) return 'unchanged';
    return stored === noLength.null && !this.#isAbsent(column) ? 'null' : 'absent';
  }

  #isAbsent(column: number): boolean {
    return this.#role === 'key' && !this.relation.key?.includes(column);
  }

  #failure(column: number, error: unknown): unknown {
    const isTooLong = error instanceof Error && 'code' in error && error.code === 'ERR_STRING_TOO_LONG';
    if (!isTooLong && !(error instanceof MalformedValue)) return error;
    const table = qualifiedName(this.relation);
    const name = this.relation.columns[column]?.name;
    const reason = isTooLong ? 'its text is longer than strings of JavaScript can be' : error.message;
    return decodeError('DECODE_FAILED', `Cannot decode ${table}.${name}: ${reason}`, {
      details: { table, column: name },
    });
  }
}

const roles = { row: {}, key: {} };

const unpackWire =
  (format: RowFormat, role: RowRole): UnpackRow =>
  (bytes) =>
    new WireRow(format, bytes, 0, role, null);
