import type { ChangeBatch, Relation, TableStorage, Transaction } from '@millrace/core';
import type { DroppedTable } from '../ddl/table-description.ts';
import { formatLsn } from '../lsn.ts';
import { BatchDraft, type BatchLimits } from './batch-draft.ts';
import type { RowFormat } from './row-format.ts';
import { RowMessageReader } from './row-message.ts';
import { roomForRows } from './tuple-copier.ts';

/** It brings a position and nothing else. */
export const isHeartbeat = ({ changes, schemaChanges }: ChangeBatch): boolean =>
  changes.length === 0 && schemaChanges.length === 0;

/**
 * Cuts a stream of transactions into batches: whole transactions together until `flush` or a limit; one that passes
 * a limit by itself in parts, each in a batch of its own, of which the last has the position. The caller sees to it
 * that `begin` and `commit` take turns and that positions grow.
 */
export class BatchBuilder {
  readonly #limits: BatchLimits;
  readonly #rows = new RowMessageReader();
  readonly #finished: ChangeBatch[] = [];
  #finishedBytes = 0;
  #finishedChanges = 0;
  #draft: BatchDraft;
  /** The end of the last whole transaction in the draft. */
  #whole: bigint | null = null;
  #transaction: Transaction | null = null;
  #sequence = 0;
  /** A part of the open transaction is out already. */
  #parted = false;
  #last: bigint;
  #idle = 0n;

  constructor(limits: BatchLimits, after: bigint) {
    this.#limits = limits;
    this.#last = after;
    this.#draft = new BatchDraft(limits);
  }

  get inTransaction(): boolean {
    return this.#transaction !== null;
  }

  /** The newest position of all that came, in batches or gathered for one. */
  get position(): bigint {
    return this.#whole ?? this.#last;
  }

  get pendingBytes(): number {
    return this.#finishedBytes + this.#draft.bytes;
  }

  get pendingChanges(): number {
    return this.#finishedChanges + this.#draft.length;
  }

  get idlePosition(): bigint | null {
    const settled = this.#transaction === null && this.#whole === null && this.#finished.length === 0;
    return settled && this.#idle > this.#last ? this.#idle : null;
  }

  begin(transaction: Transaction): void {
    this.#transaction = transaction;
    this.#sequence = 0;
    this.#parted = false;
    this.#draft.begin();
  }

  /** Takes the change of the message between `start` and `end`. Throws `MalformedMessage`. */
  row(format: RowFormat, message: Buffer, start: number, end: number): void {
    if (this.#transaction === null) return;
    this.#makeRoom(this.#transaction, 1, roomForRows(start, end, format.decoders.length));
    this.#draft.addRow(format, this.#transaction, this.#sequence, this.#rows, message, start, end);
    this.#sequence += 1;
  }

  /** The tables of one statement stay in one batch, whatever the limit. */
  truncate(formats: readonly RowFormat[]): void {
    if (this.#transaction === null || formats.length === 0) return;
    this.#makeRoom(this.#transaction, formats.length, 0);
    for (const format of formats) {
      this.#draft.addTruncate(format, this.#transaction, this.#sequence);
      this.#sequence += 1;
    }
  }

  /** A statement has changed a table: what follows is in another batch than what was before. */
  schemaChange(relation: Relation, storage: TableStorage): void {
    if (this.#transaction === null) return;
    this.cut();
    this.#draft.addSchemaChange(relation, storage, this.#transaction);
    this.#sequence += 1;
  }

  /** As `schemaChange`, of a table that is there no more. */
  tableDropped({ oid, schema, table }: DroppedTable): void {
    if (this.#transaction === null) return;
    this.cut();
    const relation: Relation = { schema, table, version: 0, columns: [], key: null, identity: 'none' };
    const storage = { id: String(oid), heap: '', columns: {} };
    this.#draft.addSchemaChange(relation, storage, this.#transaction, 'drop-table');
    this.#sequence += 1;
  }

  commit(end: bigint): void {
    this.#transaction = null;
    this.#whole = end;
    // A part's batch holds nothing else, the last one included.
    if (this.#parted) this.flush();
  }

  flush(): void {
    if (this.#whole === null) return;
    const rest = this.#transaction === null ? new BatchDraft(this.#limits) : this.#draft.detachOpen();
    const batch = this.#draft.finish({ position: formatLsn(this.#whole) });
    // Heartbeats that nobody took yet: only the last one counts.
    const before = this.#finished.at(-1);
    if (isHeartbeat(batch) && before !== undefined && isHeartbeat(before)) this.#finished.pop();
    this.#push(batch);
    this.#last = this.#whole;
    this.#whole = null;
    this.#draft = rest;
  }

  /** A table has another shape from here on: no batch holds rows of both. */
  cut(): void {
    this.flush();
    if (this.#transaction !== null && this.#draft.length > 0) this.#part(this.#transaction);
  }

  keepalive(walEnd: bigint): void {
    if (this.#transaction === null && walEnd > this.#idle) this.#idle = walEnd;
  }

  take(): ChangeBatch | null {
    const batch = this.#finished.shift();
    if (batch === undefined) return null;
    this.#finishedBytes -= batch.bytes;
    this.#finishedChanges -= batch.changes.length;
    return batch;
  }

  takeHeartbeat(): ChangeBatch | null {
    const position = this.idlePosition;
    if (position === null) return null;
    this.#last = position;
    return new BatchDraft(this.#limits).finish({ position: formatLsn(position) });
  }

  #makeRoom(transaction: Transaction, changes: number, length: number): void {
    if (this.#draft.admits(changes, length)) return;
    this.flush();
    if (!this.#draft.admits(changes, length)) this.#part(transaction);
  }

  #part(transaction: Transaction): void {
    this.#push(this.#draft.finish({ position: null, transaction }));
    this.#draft = new BatchDraft(this.#limits);
    this.#parted = true;
  }

  #push(batch: ChangeBatch): void {
    this.#finished.push(batch);
    this.#finishedBytes += batch.bytes;
    this.#finishedChanges += batch.changes.length;
  }
}
