import type { Position } from '../model/position.ts';
import type { TableStorage } from '../model/table-storage.ts';
import type { TableShape } from '../schema/table-shape.ts';

/** Which log a position belongs to. A checkpoint of another identity is never continued. */
export interface SourceIdentity {
  readonly kind: string;
  readonly id: string;
}

/** Which log a checkpoint is of, and what its source has to be told with the position. */
export interface CheckpointSource extends SourceIdentity {
  /** As `LogStart.state`; absent: nothing. */
  readonly state?: string;
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

/** The copy of one table beside the stream, as its checkpoint remembers it. */
export interface BackfillProgress {
  /**
   * `pending`: waits for its turn; `active`: a side stream copies the table; `not-started`: waits until the table is
   * captured again. The others are ends.
   */
  readonly state: 'not-started' | 'pending' | 'active' | 'stopped' | 'failed' | 'completed' | 'unsupported';
  readonly trigger: 'automatic' | 'manual';
  /** The side stream that does it, or did it and has left something behind; `null`: there is nothing of it. */
  readonly side: string | null;
  /** What the side stream did is part of the stream, and its checkpoint is gone. */
  readonly merged: boolean;
  /** The target may hold rows of the table: the copy replaces them. */
  readonly replaces: boolean;
  /** Which rows are copied, as SQL of the source; `null`: all. */
  readonly where: string | null;
  /** Milliseconds since 1970. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Why it failed. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/**
 * How far the copy of one table is. `pending`: not begun; `copying`: some of its ranges are durable; `catching-up`:
 * all are, and its changes are replayed; `live`: it equals its source at every position from here on; `aside`: its
 * changes are left out, because a side stream copies it, or because nobody does; `failed`: it was taken out of a stream
 * without side streams, so that nobody has followed its changes since. A table that was copied exactly, or by a side
 * stream, has `from` and `through` at the same position.
 */
export interface TableProgress {
  readonly state: 'pending' | 'copying' | 'catching-up' | 'live' | 'aside' | 'failed';
  /** The copy holds the changes of every transaction that a checkpoint with this position contains: they are not applied. */
  readonly from: Position;
  /** Empty in the states `catching-up` and `live`. */
  readonly ranges: readonly RangeProgress[];
  /**
   * Everything that the copy saw lies before it; `null` until the copy is complete. Of a table that was live and is
   * `aside`: everything before it is in the target.
   */
  readonly through: Position | null;
  /**
   * Its columns and their types as of the position, where they are known. Later ones make the target follow, and are noticed
   * after a restart, too.
   */
  readonly shape?: TableShape;
  /** The columns of the rows that were copied so far, in the state `copying`. */
  readonly copied?: TableShape;
  /** How it was stored then, or later if nothing that matters has changed since. */
  readonly storage?: TableStorage;
  /** Columns that the source does not have any more, and the target may still have. */
  readonly kept?: readonly string[];
  /** The source has no such table, and nobody follows one; if there is one again, it is copied. */
  readonly gone?: true;
  /** Its last copy beside the stream. */
  readonly backfill?: BackfillProgress;
}

/** The durable progress of one stream into one sink. */
export interface Checkpoint {
  readonly version: 1;
  readonly streamId: string;
  readonly sink: string;
  /** The connection that may write: every open takes the next one, and an older one changes nothing. */
  readonly epoch: number;
  /** `null` until the stream's first start has looked at its source. */
  readonly source: CheckpointSource | null;
  /**
   * The stream made the log readable itself (e.g. created the replication slot), so it may drop what it made.
   * Saved before it is made: with `position: null` it says that a first start was interrupted.
   */
  readonly claimed: boolean;
  /** Every transaction before it is in the sink; `null` until the first start has got one. */
  readonly position: Position | null;
  /** The applied part of the transaction after `position`; only around schema changes at a MySQL sink. */
  readonly partial: { readonly transaction: string; readonly sequence: number } | null;
  /**
   * By `schema.table`. One that is not named is live where the connectors have no side streams; otherwise nothing of it
   * was applied yet.
   */
  readonly tables: Readonly<Record<string, TableProgress>>;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
}
