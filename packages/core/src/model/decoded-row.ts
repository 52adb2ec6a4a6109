import { deserialize, serialize } from 'node:v8';
import { coreError } from '../errors/core-errors.ts';
import { canonicalText, UnwritableValue } from './canonical-text.ts';
import { noRoom, noValue } from './indexed-changes.ts';
import { type PackedRow, type UnpackRow, unpackedBy } from './packed-row.ts';
import { qualifiedName, type Relation } from './relation.ts';
import type { ColumnState, RowImage } from './row-image.ts';

type Values = Readonly<Record<string, unknown>>;

/** UTF-8 takes at most three bytes for what counts as one in a string. */
const hasRoom = (text: string, room: number): boolean =>
  text.length * 3 <= room || (text.length <= room && Buffer.byteLength(text) <= room);

const writeUtf8 = (text: string, target: Buffer, at: number): number =>
  hasRoom(text, target.length - at) ? at + target.write(text, at, 'utf8') : noRoom;

class DecodedRow implements RowImage {
  readonly relation: Relation;
  readonly wire = 'decoded';
  readonly #values: Values;
  /** Says what `values` does not. */
  readonly base: RowImage | null;
  /** By column, whether its value was compared with that of `base`, and is the same. */
  #same: (boolean | undefined)[] | null = null;

  constructor(relation: Relation, values: Values, base: RowImage | null) {
    this.relation = relation;
    this.#values = values;
    this.base = base;
  }

  state(column: number): ColumnState {
    const own = this.#own(column);
    if (own !== undefined) return own === null ? 'null' : 'value';
    return this.base === null ? 'unchanged' : this.#isInBase(column) ? this.base.state(column) : 'absent';
  }

  text(column: number): string | null {
    const own = this.#own(column);
    if (own === null) return null;
    if (own !== undefined) return this.#textOf(own, column);
    return this.#isInBase(column) ? (this.base?.text(column) ?? null) : null;
  }

  writeText(column: number, target: Buffer, at: number): number {
    const own = this.#own(column);
    if (own === null) return noValue.null;
    if (own !== undefined) return writeUtf8(this.#textOf(own, column), target, at);
    if (this.base === null) return noValue.unchanged;
    return this.#isInBase(column) ? this.base.writeText(column, target, at) : noValue.absent;
  }

  bytes(): null {
    return null;
  }

  value(column: number): unknown {
    const own = this.#own(column);
    return own === undefined && this.#isInBase(column) ? this.base?.value(column) : own;
  }

  toObject(): Record<string, unknown> {
    return { ...this.base?.toObject(), ...this.#values };
  }

  keep(): RowImage {
    return new DecodedRow(this.relation, { ...this.#values }, this.base?.keep() ?? null);
  }

  pack(): PackedRow | null {
    if (!Object.values(this.#values).every(isPlain)) return null;
    const base = this.base?.pack?.() ?? null;
    if (this.base !== null && base === null) return null;
    const values = serialize(this.#values);
    const head = Buffer.alloc(4);
    head.writeUInt32LE(values.length);
    const { relation } = this;
    const unpack = unpackedBy(relation, base?.unpack ?? relation, () => unpackDecoded(relation, base?.unpack ?? null));
    return { bytes: Buffer.concat(base === null ? [head, values] : [head, values, base.bytes]), unpack };
  }

  get byteLength(): number {
    let bytes = this.base?.byteLength ?? 0;
    for (const [column, { name }] of this.relation.columns.entries())
      if (name in this.#values) bytes += 8 + (this.text(column)?.length ?? 0);
    return bytes;
  }

  changedSince(original: RowImage): readonly string[] | null {
    if (this.base === original) return Object.keys(this.#values);
    const before = this.base === null ? null : changedNames(this.base, original);
    return before === null ? null : [...before, ...Object.keys(this.#values)];
  }

  /** `undefined` for what `base` says. */
  #own(column: number): unknown {
    const name = this.relation.columns[column]?.name;
    if (name === undefined || !Object.hasOwn(this.#values, name)) return undefined;
    const value = this.#values[name];
    return this.#isSame(column, value) ? undefined : value;
  }

  /** A value that is set to what it was read as keeps its exact text, of which it may hold only a part. */
  #isSame(column: number, value: unknown): boolean {
    if (this.base === null || !this.#isInBase(column)) return false;
    this.#same ??= [];
    this.#same[column] ??= this.base.state(column) === 'value' && this.#isWhatIsRead(column, value, this.base);
    return this.#same[column];
  }

  #isWhatIsRead(column: number, value: unknown, base: RowImage): boolean {
    try {
      const read = base.value(column);
      if (Object.is(value, read)) return true;
      if (typeof value !== 'object' || typeof read !== 'object' || value === null || read === null) return false;
      return this.#textOf(value, column) === this.#textOf(read, column);
    } catch {
      // One of them cannot be read or written, the other can.
      return false;
    }
  }

  #textOf(own: unknown, column: number): string {
    const form = this.relation.columns[column];
    try {
      return canonicalText(own, form);
    } catch (error) {
      const table = qualifiedName(this.relation);
      // What others throw may quote the value.
      const thrown = error instanceof Error ? error.name : 'something';
      const reason = error instanceof UnwritableValue ? error.message : `what should make its text threw ${thrown}`;
      throw coreError('ENCODE_FAILED', `The value set for ${table}.${form?.name} cannot be written: ${reason}`, {
        details: { table, column: form?.name },
      });
    }
  }

  #isInBase(column: number): boolean {
    return this.base !== null && column < this.base.relation.columns.length;
  }
}

const unpackDecoded =
  (relation: Relation, unpackBase: UnpackRow | null): UnpackRow =>
  (bytes) => {
    const end = 4 + bytes.readUInt32LE(0);
    return new DecodedRow(relation, deserialize(bytes.subarray(4, end)), unpackBase?.(bytes.subarray(end)) ?? null);
  };

/** Whether a value comes back from bytes as what it was: an instance of a class would come back without it. */
const isPlain = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function' && typeof value !== 'symbol';
  if (Array.isArray(value)) return value.every(isPlain);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return Object.values(value).every(isPlain);
  return prototype === Date.prototype || prototype === Buffer.prototype || prototype === Uint8Array.prototype;
};

/**
 * The names that the values of a row made from `original` have been given under, in one step or several; `null` for a
 * row that was not made from it.
 */
export const changedNames = (row: RowImage, original: RowImage): readonly string[] | null => {
  if (row === original) return [];
  return row instanceof DecodedRow ? row.changedSince(original) : null;
};

/** The row that says what the values of this one do not; `null`: there is none. */
export const baseOf = (row: RowImage): RowImage | null => (row instanceof DecodedRow ? row.base : null);

/**
 * A row made of JavaScript values, for sources that have no wire form. A column without a key in `values` counts as
 * unchanged.
 */
export const decodedRow = (relation: Relation, values: Values): RowImage => new DecodedRow(relation, values, null);

/**
 * A row with some values replaced. The others keep their exact text (invariant 5): a decoded value does not always
 * give back what the source sent. `relation` may have columns beyond those of the row.
 */
export const changedRow = (row: RowImage, relation: Relation, values: Values): RowImage =>
  new DecodedRow(relation, values, row);
