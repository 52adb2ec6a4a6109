import {
  type BatchEnd,
  type Change,
  type ChangeBatch,
  changeBatch,
  createChange,
  qualifiedName,
  type Relation,
  type SchemaChange,
  type Transaction,
} from '@millrace/core';
import type { RowsEvent } from '../binlog/binlog-event.ts';
import { BatchDraft, type BatchLimits, type DraftMark } from '../rows/batch-draft.ts';
import type { RowFormat } from '../rows/row-format.ts';

/** It brings a position and nothing else. */
export const isHeartbeat = ({ changes, schemaChanges }: ChangeBatch): boolean =>
  changes.length === 0 && schemaChanges.length === 0;

/**
 * Cuts a stream of transactions into batches: whole transactions together until `flush` or a limit; one that passes a limit
 * by itself in parts, each in a batch of its own, of which the last has the position. The caller sees to it that `begin` and
 * `commit` take turns.
 */
export class BatchBuilder {
  readonly #limits: BatchLimits;
  readonly #end: () => BatchEnd;
  readonly #finished: ChangeBatch[] = [];
  #finishedBytes = 0;
  #finishedChanges = 0;
  #draft: BatchDraft;
  /** The draft holds whole transactions whose position has not been said. */
  #isDue = false;
  #transaction: Transaction | null = null;
  #sequence = 0;
  /** A part of the open transaction is out already. */
  #parted = false;
  /** How much of the open transaction was there at each savepoint, by name, none of which is out. */
  readonly #savepoints = new Map<string, DraftMark>();
  #schemaChanges: SchemaChange[] = [];
  /** Of the open transaction, which mostly holds nothing else: servers log them as transactions of their own. */
  #truncates: Change[] = [];

  /** `end`: the position behind the last transaction that was committed, asked for each batch that is whole. */
  constructor(limits: BatchLimits, end: () => BatchEnd) {
    this.#limits = limits;
    this.#end = end;
    this.#draft = new BatchDraft(limits);
  }

  get pendingBytes(): number {
    return this.#finishedBytes + this.#draft.bytes;
  }

  get pendingChanges(): number {
    return this.#finishedChanges + this.#draft.length;
  }

  begin(transaction: Transaction): void {
    this.#transaction = transaction;
    this.#sequence = 0;
    this.#parted = false;
    this.#savepoints.clear();
    this.#draft.begin();
  }

  /** Throws `DECODE_FAILED`. */
  rows(event: RowsEvent, format: RowFormat): void {
    const transaction = this.#transaction;
    if (transaction === null) return;
    if (this.#truncates.length > 0) this.#partTruncates(transaction);
    for (let at = event.start; at < event.end; ) {
      const before = this.#draft.length;
      at = this.#draft.add(event, format, transaction, this.#sequence, at);
      this.#sequence += this.#draft.length - before;
      if (at < event.end) this.#makeRoom(transaction);
    }
  }

  truncate(relation: Relation): void {
    const transaction = this.#transaction;
    if (transaction === null) return;
    this.cut();
    const sequence = this.#sequence++;
    const table = qualifiedName(relation);
    this.#truncates.push(
      createChange({ op: 'truncate', table, relation, transaction, sequence, before: null, after: null }),
    );
  }

  /** What follows is in another batch than what was before. */
  schemaChange(change: SchemaChange): void {
    this.cut();
    this.#schemaChanges.push(change);
    this.#sequence += 1;
  }

  commit(): void {
    this.#transaction = null;
    this.#isDue = true;
    // A part's batch holds nothing else, the last one included.
    if (this.#parted || this.#truncates.length > 0) this.flush();
  }

  /** Takes the rows of the open transaction away, before its `commit`. False: a part of it is out already. */
  rollback(): boolean {
    if (this.#parted) return false;
    this.#draft.truncateTo({ changes: 0, events: 0 });
    return true;
  }

  savepoint(name: string): void {
    this.#savepoints.set(name.toLowerCase(), this.#draft.mark());
  }

  /** Leaves out what came since the savepoint. False: a part of it may be out already. */
  rollbackTo(name: string): boolean {
    const mark = this.#savepoints.get(name.toLowerCase());
    if (mark === undefined) return false;
    this.#draft.truncateTo(mark);
    return true;
  }

  /** Outside of transactions: the position has moved, with nothing to go with it. */
  advance(): void {
    this.#isDue = true;
  }

  flush(): void {
    if (!this.#isDue) return;
    const rest = this.#transaction === null ? new BatchDraft(this.#limits) : this.#draft.detachOpen();
    this.#push(this.#whole());
    this.#isDue = false;
    this.#draft = rest;
  }

  /** A table has another shape from here on: no batch holds rows of both. */
  cut(): void {
    this.flush();
    if (this.#transaction !== null && this.#draft.length > 0) this.#part(this.#transaction);
  }

  take(): ChangeBatch | null {
    const batch = this.#finished.shift();
    if (batch === undefined) return null;
    this.#finishedBytes -= batch.bytes;
    this.#finishedChanges -= batch.changes.length;
    return batch;
  }

  #whole(): ChangeBatch {
    const truncates = this.#truncates;
    this.#truncates = [];
    const schemaChanges = this.#takeSchemaChanges();
    if (truncates.length === 0) return this.#draft.finish(this.#end(), schemaChanges);
    return { ...changeBatch(truncates, this.#end()), schemaChanges };
  }

  #makeRoom(transaction: Transaction): void {
    // What is whole goes out first; then the open one, which does not fit by itself.
    if (this.#isDue) this.flush();
    else this.#part(transaction);
  }

  #part(transaction: Transaction): void {
    this.#push(this.#draft.finish({ position: null, transaction }, this.#takeSchemaChanges()));
    this.#draft = new BatchDraft(this.#limits);
    this.#savepoints.clear();
    this.#parted = true;
  }

  #partTruncates(transaction: Transaction): void {
    const schemaChanges = this.#takeSchemaChanges();
    this.#push({ ...changeBatch(this.#truncates, { position: null, transaction }), schemaChanges });
    this.#truncates = [];
    this.#parted = true;
  }

  #takeSchemaChanges(): readonly SchemaChange[] {
    const changes = this.#schemaChanges;
    this.#schemaChanges = [];
    return changes;
  }

  #push(batch: ChangeBatch): void {
    const before = this.#finished.at(-1);
    // Heartbeats that nobody took yet: only the last position counts, but what was said with the one before still holds.
    if (isHeartbeat(batch) && before !== undefined && isHeartbeat(before))
      this.#finished.splice(-1, 1, { ...before, ...batch });
    else this.#finished.push(batch);
    this.#finishedBytes += batch.bytes;
    this.#finishedChanges += batch.changes.length;
  }
}
