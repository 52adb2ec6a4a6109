import type { Schema } from '../model/change.ts';
import type { ChangeBatch } from '../model/change-batch.ts';
import type { IndexedChanges } from '../model/indexed-changes.ts';
import type { Position, Transaction } from '../model/position.ts';
import type { Relation } from '../model/relation.ts';
import type { RowImage } from '../model/row-image.ts';
import type { TableStorage } from '../model/table-storage.ts';
import type { SelectedTable } from '../pipeline/table-selection.ts';
import type { Range, RangeProgress, SourceIdentity } from './checkpoint.ts';
import type { ConnectorEvent } from './connector-event.ts';
import type { Logger } from './logger.ts';
import type { TableStructures } from './table-structure.ts';
import type { ValidationReport } from './validation.ts';

export interface SourceContext {
  readonly streamId: string;
  /** What to capture, with qualified names and patterns such as `public.*`; empty: everything the source offers. */
  readonly tables: readonly SelectedTable[];
  /**
   * The forms beside text in which values may come, by the names of `capabilities.formats`: what every consumer of this
   * stream takes undecoded.
   */
  readonly formats: readonly string[];
  /** Tables will be copied, if nothing is durable yet: whether that is possible is validated, too. Default: false. */
  readonly copies?: boolean;
  /** For `validate`: where `begin` will begin. Default: nowhere, because the stream goes on from its checkpoint. */
  readonly beginsAt?: StartPoint;
  readonly logger: Logger;
  readonly report: (event: ConnectorEvent) => void;
  /** Ends every wait of `open` and `validate` within a second. */
  readonly signal: AbortSignal;
}

/** How a table is copied, and about how much that is. */
export interface CopyPlan {
  /**
   * Disjoint, together the whole table. Opaque cursors; they say what they refer to, so that `copy` notices when it is
   * not there any more. `null`: what changes meanwhile could not be replayed over them, so that the table is copied by
   * `copyExactly`.
   */
  readonly ranges: readonly Range[] | null;
  /** Estimates; `null`: not known. */
  readonly rows: number | null;
  readonly bytes: number | null;
}

export interface CopyRequest {
  readonly table: string;
  /** Where to continue: the progress of one of the ranges of the plan. */
  readonly progress: RangeProgress;
  /** About how much one chunk holds, in bytes: a single larger row is a chunk by itself. */
  readonly maxBytes: number;
  /** Only rows for which it holds, as SQL of the source; absent: all. */
  readonly where?: string;
}

export interface ExactCopyRequest {
  readonly table: string;
  /** As for `CopyRequest`. */
  readonly maxBytes: number;
}

/** A piece of a table, read by one statement with a snapshot of its own. */
export interface Chunk {
  readonly relation: Relation;
  /** The range's progress once this chunk is durable. */
  readonly progress: RangeProgress;
  /** How many rows it holds. */
  readonly length: number;
  /** What it retains. */
  readonly bytes: number;
  /** Decoded on first use. */
  readonly rows: Iterable<RowImage>;
  /** The same rows without an object for each, as changes whose operation is `read`, where the source has them so. */
  readonly indexed?: IndexedChanges;
  /**
   * The same rows like to like, undecoded, where `SourceContext.formats` has their form: `postgres-text` or
   * `postgres-binary`, as COPY writes them.
   */
  readonly encoded: { readonly format: string; readonly data: readonly Uint8Array[] } | null;
  /** Read on the server after the rows were read: everything the rows hold lies before it. */
  readonly through: Position;
}

/** Rows to be read once more, for changes that do not say the whole row. */
export interface ReselectRequest {
  readonly table: string;
  /** Each says its key. */
  readonly keys: readonly RowImage[];
  /** Of the changes up to here: they are visible to readers before anything is read. */
  readonly transactions: readonly Transaction[];
}

/**
 * Where a log is read from: the oldest place that it still reaches back to, its newest, one of its positions, or before
 * the first transaction that was committed at this time or later, in milliseconds since 1970.
 */
export type StartPoint = 'earliest' | 'latest' | { readonly position: Position } | { readonly timestamp: number };

/** A position, and what the source needs beside it to go on from there. */
export interface LogStart {
  readonly position: Position;
  /**
   * In the source's own words, such as the shape of tables where the log does not say it: saved with the checkpoint as it
   * is at the position, and given back to `changes`.
   */
  readonly state: string;
}

/** Whether an earlier, interrupted `begin` of this stream may have left something behind, and how to say it will. */
export interface BeginContext {
  /**
   * True: what is found may be what this stream made before it was interrupted, and may be used or made again. False:
   * it is the operator's, and is never dropped.
   */
  readonly claimed: boolean;
  /**
   * To be awaited right before anything is made that a crash would leave behind and that does not say whose it is. Rejects
   * with a `MillraceError`, which `begin` rejects with as it is: nothing is made then.
   */
  readonly claim: () => Promise<void>;
  /** To be awaited when it is certain that nothing was made: what is found later is somebody else's. */
  readonly disclaim: () => Promise<void>;
  /** Tables will be copied: everything before the position must be visible to every read after `begin`. */
  readonly copies: boolean;
  /** Where to begin; absent: where the source does by itself. Only with `capabilities.startPoints`, never with `copies`. */
  readonly from?: StartPoint;
  readonly signal: AbortSignal;
}

/** What a stream leaves behind when it is deleted; it may be in another process than the one that made it. */
export interface ReleaseContext {
  readonly streamId: string;
  /** The stream made it itself: it may be dropped. */
  readonly claimed: boolean;
  readonly signal: AbortSignal;
}

export interface LogChanges<S = Schema> extends AsyncIterable<ChangeBatch<S>> {
  /**
   * Aborted, with the error as its reason, when the log cannot be read any more, also while nobody pulls. Absent: that is
   * noticed only by pulling.
   */
  readonly failed?: AbortSignal;
}

/**
 * A connector that reads. `open` comes first; `changes` may be called once per `open`. Every wait observes its signal
 * within a second by destroying its socket, and `close` may be called in any state.
 */
export interface Source<S = Schema> {
  readonly name: string;
  /** The schema of table names that do not say one, e.g. `public`. */
  readonly defaultSchema?: string;
  readonly capabilities: {
    /**
     * `convergent`: keyed tables can be copied beside the log; `exact`: others too, by `copyExactly`; `none`: only the
     * log can be read.
     */
    readonly copy: 'convergent' | 'exact' | 'none';
    /**
     * `certain`: each change of a table is said where it happened, also that it was dropped or renamed; `inferred`: the stream finds
     * most of them itself, later. Default: inferred.
     */
    readonly schemaChanges?: 'certain' | 'inferred';
    /** Rows are filtered by `SelectedTable.where`, in the log as in copies. Default: false. */
    readonly rowFilters?: boolean;
    /** Rows are told apart by `SelectedTable.key`, in the log as in copies. Default: false. */
    readonly keys?: boolean;
    /**
     * `SelectedTable.query` names the rows of a table: it is described with the others, has a plan without ranges and is
     * copied by `copyExactly`, whose `through` is then any position that what was read lies before. Default: false.
     */
    readonly queries?: boolean;
    /** `begin` begins at `BeginContext.from`, or rejects `START_NOT_POSSIBLE`. Default: false. */
    readonly startPoints?: boolean;
    /** The forms beside text in which values can come, e.g. `postgres-binary`. */
    readonly formats: readonly string[];
  };
  /** Every problem at once; creates nothing. Rejects only when aborted. */
  validate(context: SourceContext): Promise<ValidationReport>;
  /**
   * The captured tables as they are now. May be called while closed. `state`: where it tells, as they were at the position of
   * the checkpoint that holds it.
   */
  describe(context: SourceContext, state?: string): Promise<readonly Relation[]>;
  /**
   * How the tables are stored now, as far as that tells whether rows have got other values without a word in the log.
   * Allowed while open. Absent: a change of shape that the log does not explain has a table copied anew.
   */
  describeStorage?(tables: readonly string[]): Promise<ReadonlyMap<string, TableStorage>>;
  /**
   * What these tables, by qualified name, have beside columns and key, as it is now. May be called while closed. Absent:
   * nobody can tell.
   */
  describeStructure?(context: SourceContext, tables: readonly string[]): Promise<TableStructures>;
  open(context: SourceContext): Promise<SourceIdentity>;
  /** Makes the log readable from a point, and returns it. Called when there is no position to continue from. */
  begin(context: BeginContext): Promise<Position | LogStart>;
  /** Present unless `copy` is `none`, like `copy` and `reselect`. Rejects `TABLE_NOT_COPYABLE`. */
  planCopy?(table: string, count: number, signal: AbortSignal): Promise<CopyPlan>;
  /**
   * Copies what is left of one range, chunk by chunk; several may run at once. Of a range that is done there is one empty
   * chunk, which says how far the log is. Chunks stay as they are while later ones are read. Rejects `COPY_OUTDATED` when
   * what the range refers to is gone or has another shape: the copy of the table has to start over.
   */
  copy?(request: CopyRequest, signal: AbortSignal): AsyncIterable<Chunk>;
  /**
   * Present where `capabilities.copy` is `exact`. Copies a whole table as it is at one position, which every chunk says as
   * `through`. The last chunk, and only that one, is `done`; `progress.rows` counts all rows up to it. Cannot be
   * continued: another call begins anew, at another position. Rejects `COPY_OUTDATED` as `copy` does.
   */
  copyExactly?(request: ExactCopyRequest, signal: AbortSignal): AsyncIterable<Chunk>;
  /** The rows that are there now, in no order; those that are gone are left out. */
  reselect?(
    request: ReselectRequest,
    signal: AbortSignal,
  ): Promise<{ readonly rows: readonly RowImage[]; readonly through: Position }>;
  /**
   * Everything strictly after `after`, in order. Resolves once the log is being read from exactly there; rejects if it
   * cannot continue there: `POSITION_NOT_HELD`, or another error with the recovery `recover`, if it never will. Not being pulled is the back-pressure; what keeps the connection alive goes on inside.
   * Ends (returns or rejects) within a second of the signal. `state`: what `begin`, or later a batch, has said beside the
   * position.
   */
  changes(after: Position, signal: AbortSignal, state?: string): Promise<LogChanges<S>>;
  /**
   * Everything before it is durable in every sink: the server may forget its log up to there. Never waits. Absent: how
   * long the log is kept does not depend on who reads it.
   */
  acknowledge?(position: Position): void;
  /** The newest position on the server, and the server's clock in milliseconds since 1970. */
  head(): Promise<{ readonly position: Position; readonly time: number }>;
  /** Throws `POSITION_INCOMPARABLE` where neither contains the other. */
  compare(a: Position, b: Position): -1 | 0 | 1;
  /** Bytes of log from `a` to `b`; `null` or absent: that cannot be known. */
  distance?(a: Position, b: Position): number | null;
  /** The log kept for this stream and its budget, in bytes. May be called while closed. Absent: nothing is kept for it. */
  retention?(streamId: string): Promise<{ readonly bytes: number; readonly limit: number | null }>;
  /**
   * Drops what `begin` made: what does not say whose it is only if `claimed`. May be called while closed. Rejects if the
   * server cannot be reached. Absent: `begin` makes nothing, and does not claim.
   */
  release?(context: ReleaseContext): Promise<void>;
  /**
   * Another connector to the same log, with resources of its own (connections, replication slot), for the side stream
   * of that name: it reads what this one reads. Its `begin` makes what it needs anew, never uses what it did not claim,
   * and its `release` leaves alone what belongs to this source. Absent: there are no side streams.
   */
  side?(name: string): Source<S>;
  /**
   * Sends the last acknowledgement. Idempotent, allowed in any state, ends within 10 s. Ends `open`, `begin` and the calls
   * without a signal, such as `head`; others need not end with it, because their signals are aborted as well.
   */
  close(): Promise<void>;
}
