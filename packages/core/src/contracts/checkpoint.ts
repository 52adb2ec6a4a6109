import type { Position } from '../model/position.ts';

/** Which log a position belongs to. A checkpoint of another identity is never continued. */
export interface SourceIdentity {
  readonly kind: string;
  readonly id: string;
}

/** Opaque cursors of one table; `null` is an open end. */
export interface Range {
  readonly from: string | null;
  readonly to: string | null;
}

export interface RangeProgress {
  readonly table: string;
  readonly range: Range;
  /** Where the next chunk begins; `null`: at the beginning of the range. */
  readonly cursor: string | null;
  readonly done: boolean;
  /** Rows copied so far. */
  readonly rows: number;
}

/**
 * How far the copy of one table is. A table that is copied exactly has `from` and `through` at the same position. `pending`: not begun; `copying`: some of its ranges are durable; `catching-up`:
 * all are, and its changes are replayed; `live`: it equals its source at every position from here on; `failed`: the table
 * was taken out of the stream, so that nobody has followed its changes since.
 */
export interface TableProgress {
  readonly state: 'pending' | 'copying' | 'catching-up' | 'live' | 'failed';
  /** The copy holds the changes of every transaction that a checkpoint with this position contains: they are not applied. */
  readonly from: Position;
  /** Empty in the states `catching-up` and `live`. */
  readonly ranges: readonly RangeProgress[];
  /** Everything that the copy saw lies before it; `null` until the copy is complete. */
  readonly through: Position | null;
}

/** The durable progress of one stream into one sink. */
export interface Checkpoint {
  readonly version: 1;
  readonly streamId: string;
  readonly sink: string;
  /** The connection that may write: every open takes the next one, and an older one changes nothing. */
  readonly epoch: number;
  /** `null` until the stream's first start has looked at its source. */
  readonly source: SourceIdentity | null;
  /**
   * The stream made the log readable itself (e.g. created the replication slot), so it may drop what it made.
   * Saved before it is made: with `position: null` it says that a first start was interrupted.
   */
  readonly claimed: boolean;
  /** Every transaction before it is in the sink; `null` until the first start has got one. */
  readonly position: Position | null;
  /** The applied part of the transaction after `position`; only around schema changes at a MySQL sink. */
  readonly partial: { readonly transaction: string; readonly sequence: number } | null;
  /** By `schema.table`; one that is not named is live. */
  readonly tables: Readonly<Record<string, TableProgress>>;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
}
