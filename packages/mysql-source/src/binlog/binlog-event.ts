import type { TableMap } from './table-map.ts';

/** Where an event ends in a binlog file, counted in 64 bits: what an event itself says wraps at 4 GiB. */
export interface BinlogPlace {
  readonly file: string;
  readonly offset: number;
}

/** Rows of one table, as one event has them, not decoded. */
export interface RowsEvent {
  readonly kind: 'rows';
  readonly operation: 'insert' | 'update' | 'delete';
  readonly tableId: number;
  /** Of the table as it was logged. */
  readonly columns: number;
  /** A bit for each column: which are in images of rows before the change (absent for inserts), and after it (deletes). */
  readonly before: Uint8Array | null;
  readonly after: Uint8Array | null;
  /** Updates of JSON columns may say only what has changed in them. */
  readonly partialJson: boolean;
  /**
   * The images of the rows lie in `body` between `start` and `end`. It is the memory of the packet itself, or, where the
   * event or its transaction was compressed, new memory: neither is written to again, so that it may be kept.
   */
  readonly body: Buffer;
  readonly start: number;
  readonly end: number;
}

/**
 * One event of the log. Events that carry others (compressed transactions) are taken apart before. What is of no
 * consequence to rows is `ignored`; what could hide rows and is not understood is an error.
 */
export type BinlogEvent = {
  /** When it was logged, in seconds since 1970; 0 for what the server makes up. */
  readonly timestamp: number;
  /**
   * Where it ends; `null` for what the server makes up for this connection, and within a compressed transaction, but for
   * its last event. Within a transaction of MariaDB it may lie before, by what the server leaves out of a dump; where
   * the transaction ends it is exact.
   */
  readonly place: BinlogPlace | null;
} & (
  | { readonly kind: 'rotate'; readonly file: string; readonly offset: number }
  /**
   * `created`: in seconds since 1970, of the first file behind a start of the server: a transaction that is still open there
   * was rolled back. 0 for other files, and for those that begin before the position from which the server sends its log.
   */
  | { readonly kind: 'format-description'; readonly serverVersion: string; readonly created: number }
  /** Begins a transaction, or stands before a single statement that is none: then no commit follows. */
  | {
      readonly kind: 'gtid';
      /** `uuid:n` or `uuid:tag:n` (MySQL), `domain-server-sequence` (MariaDB); `null`: the server has none for it. */
      readonly gtid: string | null;
      /** When it was committed at its first server, in ms since 1970; `null` where the log does not say. */
      readonly commitTime: number | null;
      /** MariaDB: the statement behind it stands alone (DDL). MySQL does not say that here. */
      readonly standalone: boolean;
      /** MariaDB: the statement behind it only announces an ALTER that comes again with its end, or takes it back. */
      readonly withoutEffect: boolean;
      /** MariaDB: what is behind it is prepared only. MySQL says that by `XA START`. */
      readonly prepared: boolean;
    }
  /** A statement: `BEGIN`, `COMMIT`, `ROLLBACK`, `SAVEPOINT`, `XA …`, DDL; or one that changed rows, which is an error later. */
  | {
      readonly kind: 'query';
      readonly schema: string;
      readonly sql: string;
      readonly sqlMode: bigint | null;
      readonly ansiQuotes: boolean;
      /** Numbers of what the session had set, where the log says them. */
      readonly serverCollation: number | null;
      readonly databaseCollation: number | null;
      /** What `utf8mb4` without a collation means: it depends on the version of the first server. */
      readonly utf8mb4Collation: number | null;
      /** `explicit_defaults_for_timestamp`. */
      readonly explicitDefaults: boolean | null;
    }
  | { readonly kind: 'xid' }
  /** The rows before it were prepared, or, with `onePhase`, committed. `xid`: as `queryKind` gives it. */
  | { readonly kind: 'xa-prepare'; readonly xid: string; readonly onePhase: boolean }
  | { readonly kind: 'table-map'; readonly map: TableMap }
  | RowsEvent
  | { readonly kind: 'heartbeat'; readonly at: BinlogPlace }
  /** What the log before this file holds: a GTID set (MySQL) or GTID position (MariaDB). */
  | { readonly kind: 'previous-gtids'; readonly set: string }
  | { readonly kind: 'ignored'; readonly type: number }
);

/** What an event of one kind says itself. */
export type EventBody<K extends BinlogEvent['kind']> = Omit<
  Extract<BinlogEvent, { readonly kind: K }>,
  'timestamp' | 'place'
>;
