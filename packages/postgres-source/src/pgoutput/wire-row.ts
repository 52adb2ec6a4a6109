import { type ColumnState, noRoom, noValue, qualifiedName, type Relation, type RowImage } from '@millrace/core';
import { MalformedValue } from '../values/malformed-value.ts';
import { copyBytes } from './copy-bytes.ts';
import { decodeError } from './decode-error.ts';
import type { RowFormat } from './row-format.ts';
import { columnKind, lengthAt, tupleHeader, valueHeader } from './tuple.ts';

/** A key tuple holds the columns of the replica identity and NULL for all others. */
export type TupleRole = 'row' | 'key';

const holdsValue = (kind: number | undefined): boolean => kind === columnKind.text || kind === columnKind.binary;

/**
 * A row as pgoutput sent it: a view of a checked tuple inside a batch's memory. Nothing is read before it is asked
 * for; the first question finds where each column is, values are decoded each time.
 */
export class WireRow implements RowImage {
  readonly relation: Relation;
  readonly #format: RowFormat;
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #role: TupleRole;
  /** The whole row before an update, in the same memory: what the update left out is taken from there. */
  readonly #previous: WireRow | null;
  // Not a typed array: V8 keeps one of more than 16 columns off its heap, at 20 times the price.
  #offsets: number[] | null = null;
  #length = 0;

  constructor(format: RowFormat, bytes: Buffer, start: number, role: TupleRole, previous: WireRow | null) {
    this.relation = format.relation;
    this.#format = format;
    this.#bytes = bytes;
    this.#start = start;
    this.#role = role;
    this.#previous = previous;
  }

  state(column: number): ColumnState {
    switch (this.#bytes[this.#at(column)]) {
      case columnKind.text:
      case columnKind.binary:
        return 'value';
      default:
        return this.#stateWithoutValue(column);
    }
  }

  text(column: number): string | null {
    const at = this.#at(column);
    const kind = this.#bytes[at];
    if (!holdsValue(kind)) return null;
    const start = at + valueHeader;
    const end = start + lengthAt(this.#bytes, at + 1);
    if (kind === columnKind.text) return this.#bytes.toString('utf8', start, end);
    try {
      return this.#format.decoders[column]?.textOfBinary(this.#bytes, start, end) ?? null;
    } catch (error) {
      throw this.#failure(column, error);
    }
  }

  writeText(column: number, target: Buffer, at: number): number {
    const from = this.#at(column);
    if (this.#bytes[from] !== columnKind.text) {
      const text = this.text(column);
      if (text === null) return noValue[this.#stateWithoutValue(column)];
      return at + text.length * 3 > target.length ? noRoom : at + target.write(text, at, 'utf8');
    }
    const start = from + valueHeader;
    const length = lengthAt(this.#bytes, from + 1);
    if (at + length > target.length) return noRoom;
    copyBytes(this.#bytes, start, start + length, target, at);
    return at + length;
  }

  /** `binary` when every value is; what came in the other form then has no `bytes`. */
  get wire(): 'text' | 'binary' {
    let binary = false;
    for (const at of this.#columns()) {
      const kind = this.#bytes[at];
      if (kind === columnKind.text) return 'text';
      if (kind === columnKind.binary) binary = true;
    }
    return binary ? 'binary' : 'text';
  }

  bytes(column: number): Uint8Array | null {
    const at = this.#at(column);
    const kind = this.#bytes[at];
    if (!holdsValue(kind) || (kind === columnKind.binary && this.wire === 'text')) return null;
    const start = at + valueHeader;
    return this.#bytes.subarray(start, start + lengthAt(this.#bytes, at + 1));
  }

  value(column: number): unknown {
    const at = this.#at(column);
    const kind = this.#bytes[at];
    if (kind === columnKind.null) return this.#isAbsent(column) ? undefined : null;
    if (!holdsValue(kind)) return undefined;
    const start = at + valueHeader;
    const end = start + lengthAt(this.#bytes, at + 1);
    const decoder = this.#format.decoders[column];
    try {
      return kind === columnKind.text
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
    const offsets = this.#columns();
    const copy = Buffer.allocUnsafeSlow(this.#length);
    let length = copy.writeUInt16BE(offsets.length, 0);
    for (const at of offsets) {
      const end = at + (holdsValue(this.#bytes[at]) ? valueHeader + lengthAt(this.#bytes, at + 1) : 1);
      length += this.#bytes.copy(copy, length, at, end);
    }
    return new WireRow(this.#format, copy, 0, this.#role, null);
  }

  get byteLength(): number {
    this.#columns();
    return this.#length;
  }

  /** Where a column's kind stands; -1, which no buffer holds, for a column that does not exist. */
  #at(column: number): number {
    return (this.#offsets ?? this.#columns())[column] ?? -1;
  }

  #columns(): number[] {
    if (this.#offsets !== null) return this.#offsets;
    const bytes = this.#bytes;
    const count = this.relation.columns.length;
    const offsets = new Array<number>(count);
    let borrowed = 0;
    let at = this.#start + tupleHeader;
    for (let column = 0; column < count; column++) {
      const kind = bytes[at];
      offsets[column] = at;
      if (kind === columnKind.text || kind === columnKind.binary) {
        at += valueHeader + lengthAt(bytes, at + 1);
        continue;
      }
      at += 1;
      if (kind !== columnKind.unchanged || this.#previous === null) continue;
      const before = this.#previous.#at(column);
      if (!holdsValue(bytes[before])) continue;
      offsets[column] = before;
      borrowed += valueHeader - 1 + lengthAt(bytes, before + 1);
    }
    this.#length = at - this.#start + borrowed;
    this.#offsets = offsets;
    return offsets;
  }

  #stateWithoutValue(column: number): Exclude<ColumnState, 'value'> {
    const kind = this.#bytes[this.#at(column)];
    if (kind === columnKind.unchanged) return 'unchanged';
    return kind === columnKind.null && !this.#isAbsent(column) ? 'null' : 'absent';
  }

  #isAbsent(column: number): boolean {
    return this.#role === 'key' && !this.relation.key?.includes(column);
  }

  #failure(column: number, error: unknown): unknown {
    if (!(error instanceof MalformedValue)) return error;
    const table = qualifiedName(this.relation);
    const name = this.relation.columns[column]?.name;
    return decodeError('DECODE_FAILED', `Cannot decode ${table}.${name}: ${error.message}`, {
      details: { table, column: name },
    });
  }
}
