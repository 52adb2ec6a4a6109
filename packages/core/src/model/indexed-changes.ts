import type { Change, Operation } from './change.ts';
import type { Relation } from './relation.ts';

/** What stands in `ValuePlaces.starts` for a column without a value, as in `ColumnState`. */
export const noValue = { null: -1, unchanged: -2, absent: -3 } as const;

/** What `RowImage.writeText` returns when a value may not fit. */
export const noRoom = -4;

/**
 * Where the values of one row lie. One object is filled again for row after row, so that a sink passes values on
 * without an object for any of them.
 */
export interface ValuePlaces {
  /** What `starts` and `ends` point into. Not to be written to. */
  bytes: Buffer;
  /** What lies there: canonical text (UTF-8), or the database's own binary form. The same for all values of the row. */
  wire: 'text' | 'binary';
  /** For each column of the relation where its value begins, or one of `noValue`. */
  readonly starts: number[];
  /** For each column with a value where it ends. */
  readonly ends: number[];
}

export const valuePlaces = (): ValuePlaces => ({ bytes: Buffer.alloc(0), wire: 'text', starts: [], ends: [] });

/** Where the bytes of one whole row lie, in the database's own form. One object is filled again for row after row. */
export interface EncodedRow {
  /** Not to be written to. */
  bytes: Buffer;
  start: number;
  end: number;
}

/** The changes of a batch by number, without an object for each. As long as the batch is valid. */
export interface IndexedChanges {
  readonly length: number;
  /** Every insert says all columns of its relation. */
  readonly areWhole: boolean;
  operation(index: number): Operation | 'read';
  relation(index: number): Relation;
  /** Whether the log holds an image of the row before this change. */
  hasBefore(index: number): boolean;
  /**
   * Finds the values of an image that is there. False: it has no wire form, or not one for all of its values; then
   * only the change itself says what it holds.
   */
  place(index: number, image: 'before' | 'after', places: ValuePlaces): boolean;
  /**
   * Finds the row after a change as its database writes it in one piece: `postgres-binary`: a row of COPY's binary format
   * with all columns of the relation. False where it is not held so, or does not say every column.
   */
  placeEncoded(index: number, place: EncodedRow): boolean;
  /** The change itself, made anew by each call. */
  at(index: number): Change;
}
