/**
 * A place in a source's log, serialised by that source: opaque to everybody else and ordered only by
 * `Source.compare`. Positions of one stream only move forward.
 */
export type Position = string;

/** The source transaction a change belongs to. */
export interface Transaction {
  /** Stable over restarts: a commit LSN, a GTID, or `file:end offset`. */
  readonly id: string;
  /** When the source committed it, in milliseconds since 1970. */
  readonly commitTime: number;
  /**
   * At or after the end of the transaction before it, and before its own end. A checkpoint `p` contains the
   * transaction exactly when `compare(position, p) < 0`.
   */
  readonly position: Position;
  /** What its source needs to tell whether readers see it yet: opaque, and absent where they always do. */
  readonly visibility?: string;
}
