import type { BatchEnd, ChangeBatch, Relation, SchemaChange, TableStorage, Transaction } from '@millrace/core';
import { bytesPerRecord, ChangeRecords, recordKind } from './change-records.ts';
import { type ArenaMark, RowArena } from './row-arena.ts';
import type { RowFormat } from './row-format.ts';
import type { RowMessageReader } from './row-message.ts';
import { roomForRows } from './tuple-copier.ts';
import { type TransactionRun, WireChanges } from './wire-changes.ts';

/** How much a batch may hold before it is cut. */
export interface BatchLimits {
  readonly maxChanges: number;
  /** Of retained memory. */
  readonly maxBytes: number;
}

/** Bytes to account for a transaction's object, texts and run. */
const bytesPerRun = 256;

const newestCommit = (runs: readonly TransactionRun[]): number | null =>
  runs.reduce<number | null>(
    (newest, { transaction }) => Math.max(newest ?? transaction.commitTime, transaction.commitTime),
    null,
  );

/**
 * A batch while it is gathered: whole transactions, then at most one that is still open and can be moved out. It owns
 * all the memory its rows lie in.
 */
export class BatchDraft {
  readonly #limits: BatchLimits;
  #arena = new RowArena();
  readonly #records = new ChangeRecords();
  readonly #formats: RowFormat[] = [];
  readonly #formatNumbers = new Map<RowFormat, number>();
  readonly #runs: TransactionRun[] = [];
  /** All of the draft's first transaction, before its changes. */
  readonly #schemaChanges: SchemaChange[] = [];
  /** Where the open transaction begins. */
  #open: { readonly arena: ArenaMark; readonly changes: number; readonly formats: number; readonly runs: number };

  constructor(limits: BatchLimits) {
    this.#limits = limits;
    this.#open = this.#mark();
  }

  get length(): number {
    return this.#records.length;
  }

  /** What taking it out of here would free: memory in chunks, used or not, and a constant for each change. */
  get bytes(): number {
    return this.#arena.capacity + this.#records.length * bytesPerRecord + this.#runs.length * bytesPerRun;
  }

  /** What follows belongs to the next transaction. */
  begin(): void {
    this.#open = this.#mark();
  }

  /** Whether changes whose rows take `length` bytes fit. An empty draft admits anything. */
  admits(changes: number, length: number): boolean {
    const { maxChanges, maxBytes } = this.#limits;
    if (this.length === 0) return true;
    const bytes = this.bytes + changes * bytesPerRecord + this.#arena.growth(length) + bytesPerRun;
    return this.length + changes <= maxChanges && bytes <= maxBytes;
  }

  /** Takes the rows of the message between `start` and `end`. Throws `MalformedMessage`, and has taken nothing then. */
  addRow(
    format: RowFormat,
    transaction: Transaction,
    sequence: number,
    reader: RowMessageReader,
    message: Buffer,
    start: number,
    end: number,
  ): void {
    const arena = this.#arena;
    const columns = format.decoders.length;
    const room = this.#limits.maxBytes - this.bytes - bytesPerRecord - bytesPerRun;
    const target = arena.reserve(roomForRows(start, end, columns), room);
    reader.read(message, start, end, columns, target, arena.placedOffset);
    arena.keep(reader.end);
    this.#run(transaction, sequence);
    const { kind, row, oldRow, isCopyRow } = reader;
    this.#records.add(kind, this.#number(format), arena.placedChunk, row, oldRow, isCopyRow);
  }

  addTruncate(format: RowFormat, transaction: Transaction, sequence: number): void {
    this.#run(transaction, sequence);
    this.#records.add(recordKind.truncate, this.#number(format), 0, 0, 0, false);
  }

  /** Before any change of a row. */
  addSchemaChange(relation: Relation, storage: TableStorage, transaction: Transaction, table?: 'drop-table'): void {
    const worked = { columns: [], certain: false, rewritesRows: false };
    const dropped = table === undefined ? {} : { table };
    this.#schemaChanges.push({ relation, transaction, statement: null, storage, ...worked, ...dropped });
  }

  /** Moves the open transaction into a draft of its own. This one can only be finished afterwards. */
  detachOpen(): BatchDraft {
    const draft = new BatchDraft(this.#limits);
    const { arena, chunk, offset } = this.#arena.split(this.#open.arena);
    draft.#arena = arena;
    const records = this.#records;
    for (let index = this.#open.changes; index < records.length; index++) {
      const format = this.#formats[records.format(index)];
      if (format === undefined) continue;
      const from = records.chunk(index);
      const kind = records.kind(index);
      const place = (row: number) => (kind === recordKind.truncate ? 0 : offset(from, row));
      const to = kind === recordKind.truncate ? 0 : chunk(from);
      const [row, oldRow] = [place(records.row(index)), place(records.oldRow(index))];
      draft.#records.add(kind, draft.#number(format), to, row, oldRow, records.isCopyRow(index));
    }
    for (const run of this.#runs.splice(this.#open.runs)) draft.#runs.push({ ...run, index: 0 });
    records.truncateTo(this.#open.changes);
    this.#formats.length = this.#open.formats;
    return draft;
  }

  /** The batch. The draft must not be used afterwards. */
  finish(end: BatchEnd): ChangeBatch {
    const { chunks } = this.#arena;
    const changes = new WireChanges({ records: this.#records, chunks, formats: this.#formats, runs: this.#runs });
    return {
      relations: this.#formats.map(({ relation }) => relation),
      schemaChanges: this.#schemaChanges,
      changes,
      tables: changes.countByTable(),
      commitTime: newestCommit(this.#runs),
      bytes: this.bytes,
      ...end,
    };
  }

  #mark() {
    return {
      arena: this.#arena.mark(),
      changes: this.#records.length,
      formats: this.#formats.length,
      runs: this.#runs.length,
    };
  }

  #run(transaction: Transaction, sequence: number): void {
    const last = this.#runs[this.#runs.length - 1];
    if (last?.transaction !== transaction) this.#runs.push({ transaction, index: this.length, sequence });
  }

  #number(format: RowFormat): number {
    // Mostly the one of the change before.
    const last = this.#formats.length - 1;
    if (this.#formats[last] === format) return last;
    const known = this.#formatNumbers.get(format);
    if (known !== undefined) return known;
    const number = this.#formats.push(format) - 1;
    this.#formatNumbers.set(format, number);
    return number;
  }
}
