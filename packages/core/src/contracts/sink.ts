import type { Schema } from '../model/change.ts';
import type { ChangeBatch } from '../model/change-batch.ts';
import type { Position, Transaction } from '../model/position.ts';
import type { Relation } from '../model/relation.ts';
import type { EvolutionStep } from '../schema/schema-policy.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { ConnectorEvent } from './connector-event.ts';
import type { Logger } from './logger.ts';
import type { Chunk, Source } from './source.ts';
import type { StructurePart, TableStructures } from './table-structure.ts';
import type { ValidationReport } from './validation.ts';

/** A group: what one `write` takes. `checkpoint` is `null` exactly when `position` is. */
export type SinkBatch<S = Schema> = ChangeBatch<S> & {
  readonly checkpoint: Checkpoint | null;
  /**
   * The tables of this and later batches whose changes may meet a target that has seen them, or later ones, already;
   * absent: there are none. Their changes are applied as `replayStep(change, batch)` says. A sink that reselects rows for them raises
   * `through` in the checkpoint it saves, by `raisedThrough`.
   */
  readonly catchingUp?: ReadonlySet<string>;
  /** Those of `relations` in which changes do not say all that was copied of their tables, for `replayStep`; absent: none. */
  readonly outdated?: ReadonlySet<Relation>;
  /** What is to be done to tables before the first change, in the same transaction; absent: nothing. */
  readonly evolutions?: readonly TableEvolution[];
};

/** How a table of the target follows its source. */
export interface TableEvolution {
  /** The table as the changes behind it have it. */
  readonly relation: Relation;
  /** In this order. What is done already is passed over: the target may have been changed by hand. */
  readonly steps: readonly EvolutionStep[];
}

/** What would be run at the target, in order. Nothing of it holds a row's value. */
export interface SchemaPlan {
  readonly statements: readonly { readonly table: string; readonly kind: string; readonly sql: string }[];
  /** What tables have at their source and would not get, or not as it is there, with the reason. Absent: nothing. */
  readonly warnings?: readonly StructureWarning[];
}

/** A part of a table's structure that the target does not get, or gets with a difference. */
export interface StructureWarning {
  readonly code: 'STRUCTURE_NOT_MADE' | 'STRUCTURE_DIFFERS';
  readonly table: string;
  readonly part: StructurePart['kind'];
  /** Its own, or that of its column. */
  readonly name: string;
  readonly reason: string;
}

export interface SinkContext<S = Schema> {
  readonly streamId: string;
  /**
   * Own checkpoints: `null` at the first open of a run, else the epoch it must still hold (`FENCED` otherwise).
   * Checkpoints in a store: the epoch acquired there.
   */
  readonly epoch: number | null;
  /** The captured tables as the source describes them. */
  readonly relations: readonly Relation[];
  /** What the source sends for columns that the target does not have: an error unless told, or not written. */
  readonly missingColumns?: 'error' | 'left-out';
  /** Tables, by `schema.table`, whose columns at the target may still be others, to be made like these; absent: none. */
  readonly unsureTables?: ReadonlySet<string>;
  /** Tables would be copied by the next start: what becomes of those that exist is validated and planned, too. */
  readonly copies?: boolean;
  readonly compare: Source<S>['compare'];
  /** Absent when the source cannot copy. */
  readonly reselect?: NonNullable<Source<S>['reselect']>;
  /** What these tables have at the source beside columns and key. Absent when the source cannot tell. */
  readonly structure?: (tables: readonly string[], signal: AbortSignal) => Promise<TableStructures>;
  readonly logger: Logger;
  readonly report: (event: ConnectorEvent) => void;
  readonly signal: AbortSignal;
}

/**
 * A connector that writes. A sink for any schema is a `Sink`; one that knows the row types is a `Sink<S>`.
 *
 * Rejecting promises nothing about what was written: the stream closes the sink, opens it again, and continues from
 * the checkpoint that `open` returns. `write` is never called twice at once.
 */
export interface Sink<S = Schema> {
  /** Names its checkpoint: stable over restarts. */
  readonly name: string;
  readonly capabilities: {
    /** `own`: rows and checkpoint are committed together; `store`: the stream saves it in a store after the write. */
    readonly checkpoints: 'own' | 'store';
    /**
     * `atomic`: nothing of a transaction is visible before its last part; `parts`: parts are delivered as they come,
     * at least once; `whole`: a transaction is handed over in one piece: by `write` together with others, or by `writeTransaction`.
     */
    readonly transactions: 'atomic' | 'parts' | 'whole';
    /** `evolutions` of batches are carried out. False: whoever reads batches sees their `schemaChanges`, and nothing more. */
    readonly schemaChanges: boolean;
    /**
     * The forms beside text that are of use as they are: values come in one of them where the source has it too. A sink
     * that has some reads images by their bytes and texts: of what `transform` returns it gets nothing else.
     */
    readonly formats: readonly string[];
    readonly parallelChunks: number;
  };
  /** Every problem at once; creates nothing. Rejects only when aborted. */
  validate(context: SinkContext<S>): Promise<ValidationReport>;
  /**
   * Takes the next epoch and undoes what an earlier connection left open. Returns the checkpoint, with
   * `position: null` when it is new; `null` only with checkpoints in a store.
   */
  open(context: SinkContext<S>): Promise<Checkpoint | null>;
  /** What a start would run at the target; runs nothing. May be called while closed. Absent: it makes nothing there. */
  plan?(context: SinkContext<S>): Promise<SchemaPlan>;
  /** Makes the target ready for these tables. */
  prepare?(
    relations: readonly Relation[],
    phase: 'snapshot' | 'handover' | 'stream',
    signal: AbortSignal,
  ): Promise<void>;
  /** Own checkpoints: saves one without rows, with the epoch check. Required with `checkpoints: 'own'`. */
  saveCheckpoint?(checkpoint: Checkpoint, signal: AbortSignal): Promise<void>;
  /** Own checkpoints: removes it. May be called while closed. Required with `checkpoints: 'own'`. */
  deleteCheckpoint?(streamId: string, signal: AbortSignal): Promise<void>;
  /** Own checkpoints: reads it without taking an epoch; `null`: there is none. May be called while closed. */
  readCheckpoint?(streamId: string, signal: AbortSignal): Promise<Checkpoint | null>;
  /**
   * With a position: resolves when rows and checkpoint are durable (`own`), or the rows are (`store`). With
   * `position: null`: resolves when the part is accepted. Ends within a second of the signal, by destroying its
   * connection.
   */
  write(batch: SinkBatch<S>, signal: AbortSignal): Promise<void>;
  /**
   * Required where transactions are taken as a `whole`: one that did not come in one batch. `parts`: what `write` would have been
   * given otherwise, to be iterated once, one after the other; each is valid until the next is asked for. Resolves as `write`
   * does with a position.
   */
  writeTransaction?(
    transaction: Transaction,
    parts: AsyncIterable<SinkBatch<S>>,
    checkpoint: Checkpoint,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Own checkpoints: commits rows and progress of a chunk in one transaction, with the epoch check, durable with the next
   * checkpoint at the latest; up to `parallelChunks` at once, beside nothing else. `open` returns the progress in the
   * checkpoint's `tables`. Absent: the rows of a snapshot come through `write` as `read` changes, one chunk at a time.
   * Those of a table that is copied exactly come so in any case, as the parts of one transaction.
   */
  writeChunk?(chunk: Chunk, signal: AbortSignal): Promise<void>;
  /**
   * Own checkpoints: removes the rows of a table, if there is one, and the progress of its copy, which starts over; with
   * `snapshot: 'always'` at every start, before `prepare`. Absent: rows that are copied again come again.
   */
  discardCopy?(relation: Relation, signal: AbortSignal): Promise<void>;
  /** Required where `schemaChanges` are carried out: does so between two writes, with the epoch check. */
  evolve?(evolutions: readonly TableEvolution[], signal: AbortSignal): Promise<void>;
  /**
   * Own checkpoints: another connector to the same target with a checkpoint and connections of its own, for the side
   * stream of that name; both may write at once, to different tables. Absent: there are no side streams.
   */
  side?(name: string): Sink<S>;
  /**
   * Required with `side`: commits the checkpoint, with the epoch check, and removes that of the side, in one transaction.
   * Rejects, with nothing changed, unless the side's is at the position that is given: the side may write no more.
   */
  mergeSide?(checkpoint: Checkpoint, side: Checkpoint, signal: AbortSignal): Promise<void>;
  /**
   * Required with `side`: compares rows that are there with the source, by reselecting: those that the source does not
   * have are removed, the others replaced. `where`: only those for which it holds at the target. Called after the chunks
   * of a copy that replaces rows, beside nothing else. Resolves with a position: everything that was seen lies before it;
   * `null`: nothing was read.
   */
  recheck?(relation: Relation, where: string | null, signal: AbortSignal): Promise<Position | null>;
  /**
   * Resolves when what it makes of live tables beside the stream, such as indexes, is made or given up. A stream that ends
   * with its copy waits for it. Absent: nothing is made so.
   */
  settle?(signal: AbortSignal): Promise<void>;
  /**
   * How the rows of a table may be copied. `convergent`: changes are replayed over rows that may have seen them; `exact`:
   * only as they are at one position, in one transaction, because a row that is written again would be there twice;
   * `once`: so, and never anew beside the stream. Absent: every table as its source can.
   */
  copies?(table: string): 'convergent' | 'exact' | 'once';
  /** Gives up the transaction whose parts were written; otherwise does nothing. */
  rollback(): Promise<void>;
  /**
   * Idempotent, allowed in any state, ends within 10 s. Ends an `open` that is under way; other calls need not end with it,
   * because their signals are aborted as well.
   */
  close(): Promise<void>;
}
