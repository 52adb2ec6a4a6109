import type { PackedRow } from './packed-row.ts';
import type { Relation } from './relation.ts';

/**
 * `value`: the source sent it; `null`: the source sent NULL; `unchanged`: the source left it out because the update
 * did not touch it (an out-of-line value); `absent`: the log holds no such column for this image.
 */
export type ColumnState = 'value' | 'null' | 'unchanged' | 'absent';

/**
 * One row as the source sent it, decoded on first use. Valid until the batch it came in is done: a handler or
 * `write` that returned must not touch it again; `keep()` and `toObject()` copy.
 */
export interface RowImage {
  readonly relation: Relation;
  state(column: number): ColumnState;
  /** The canonical text of a value; `null` unless the state is `value`. */
  text(column: number): string | null;
  /**
   * Writes the canonical text of a value as UTF-8 into `target` at `at`, and returns where it ends; one of `noValue`
   * where there is none, or `noRoom` when it may not fit.
   */
  writeText(column: number, target: Buffer, at: number): number;
  /** What `bytes()` holds: canonical text (UTF-8), the database's own binary form, or nothing at all. */
  readonly wire: 'text' | 'binary' | 'decoded';
  /** The wire bytes, not copied; `null` unless the state is `value` and there is a wire form. */
  bytes(column: number): Uint8Array | null;
  /** The JavaScript value (docs/values.md); `null` for NULL, `undefined` when the column was not sent. */
  value(column: number): unknown;
  /** The columns that were sent, by name. */
  toObject(): Record<string, unknown>;
  /** A copy that stays valid and pins no larger buffer. */
  keep(): RowImage;
  /**
   * The row as bytes, not always copied, for transactions that are held in a file. `null`: it has none, because it holds values
   * that only memory can. Absent: the same, for every row; a copy is held in memory.
   */
  pack?(): PackedRow | null;
  /** How many bytes the row occupies, in whatever form it is held. */
  readonly byteLength: number;
}
