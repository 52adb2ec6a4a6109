import { type BatchEnd, type ChangeBatch, qualifiedName, type SchemaChange, type Transaction } from '@millrace/core';
import { MalformedRow } from '@millrace/mysql-client';
import type { RowsEvent } from '../binlog/binlog-event.ts';
import { BinlogChanges, type EventRows } from './binlog-changes.ts';
import { bytesPerRecord, ChangeRecords } from './change-records.ts';
import { compactBodies } from './compact-bodies.ts';
import { rowError } from './row-errors.ts';
import type { RowFormat } from './row-format.ts';
import type { RowShape } from './row-shape.ts';

/** How much a batch may hold before it is cut. */
export interface BatchLimits {
  readonly maxChanges: number;
  /** Of retained memory. */
  readonly maxBytes: number;
}

/** How much of an open transaction there is. */
export interface DraftMark {
  readonly changes: number;
  readonly events: number;
}

/** Bytes to account for an event beside its body: its object, and that of its transaction. */
const bytesPerEvent = 256;

const bodiesOf = (events: readonly EventRows[]): number => events.reduce((sum, { body }) => sum + body.length, 0);

const newestCommit = (events: readonly EventRows[]): number | null => {
  let newest: number | null = null;
  for (const { transaction } of events) newest = Math.max(newest ?? transaction.commitTime, transaction.commitTime);
  return newest;
};

/**
 * A batch while it is gathered: whole transactions, then at most one that is still open and can be moved out. It keeps the
 * bodies of the events where they are, unless most of the memory there is something else.
 */
export class BatchDraft {
  readonly #limits: BatchLimits;
  #records = new ChangeRecords();
  #events: EventRows[] = [];
  #bodies = 0;
  /** Where the open transaction begins. */
  #open: DraftMark = { changes: 0, events: 0 };

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#records.length;
  }

  /** What taking it out of here would free. A body whose rows lie in two batches counts in both. */
  get bytes(): number {
    return this.#bodies + this.#records.length * bytesPerRecord + this.#events.length * bytesPerEvent;
  }

  /** What follows belongs to the next transaction. */
  begin(): void {
    this.#open = { changes: this.#records.length, events: this.#events.length };
  }

  /**
   * Takes as many rows of an event as the limits admit, from `start` on; an empty draft takes one whatever they are. Returns
   * where the rest begins, `event.end` when nothing is left. `sequence`: the number of the first row inside its transaction.
   * Rows are passed over, not decoded. Throws `DECODE_FAILED` for an event that does not hold rows of the format's table.
   */
  add(event: RowsEvent, format: RowFormat, transaction: Transaction, sequence: number, start = event.start): number {
    const { operation, body, end } = event;
    const { maxChanges, maxBytes } = this.#limits;
    const shape = shapeOf(event, format);
    const [first, number] = [this.length, this.#events.length];
    const retained = this.#bodies + body.length;
    const room = maxBytes - retained - (number + 1) * bytesPerEvent;
    const most = Math.min(maxChanges, Math.floor(room / bytesPerRecord));
    let at = start;
    try {
      while (at < end && (this.length === 0 || this.length < most)) at = this.#addRow(shape, body, at, end, number);
    } catch (error) {
      this.#records.truncateTo(first);
      throw unreadable(format, error);
    }
    if (this.length === first) return at;
    if (this.#events.at(-1)?.body.buffer !== body.buffer) compactBodies(this.#events);
    this.#events.push({ operation, shape, body, transaction, index: first, sequence });
    this.#bodies = retained;
    return at;
  }

  /** What there is of the open transaction. */
  mark(): DraftMark {
    const { changes, events } = this.#open;
    return { changes: this.#records.length - changes, events: this.#events.length - events };
  }

  /** Takes what came behind a mark of the open transaction away. */
  truncateTo({ changes, events }: DraftMark): void {
    this.#records.truncateTo(this.#open.changes + changes);
    this.#events.splice(this.#open.events + events);
    this.#bodies = bodiesOf(this.#events);
  }

  /** Moves the open transaction into a draft of its own. This one can only be finished afterwards. */
  detachOpen(): BatchDraft {
    const draft = new BatchDraft(this.#limits);
    const { changes, events } = this.#open;
    draft.#records = this.#records.split(changes, events);
    draft.#events = this.#events.splice(events).map((rows) => ({ ...rows, index: rows.index - changes }));
    draft.#bodies = bodiesOf(draft.#events);
    this.#bodies = bodiesOf(this.#events);
    return draft;
  }

  /** The batch. The draft must not be used afterwards. */
  finish(end: BatchEnd, schemaChanges: readonly SchemaChange[] = []): ChangeBatch {
    compactBodies(this.#events);
    const changes = new BinlogChanges(this.#records, this.#events);
    return {
      relations: [...new Set(this.#events.map(({ shape }) => shape.format.relation))],
      schemaChanges,
      changes,
      tables: changes.countByTable(),
      commitTime: newestCommit(this.#events),
      bytes: this.bytes,
      ...end,
    };
  }

  #addRow(shape: RowShape, body: Buffer, start: number, end: number, event: number): number {
    const after = shape.afterStart(body, start, end);
    const next = shape.end(body, after, end);
    if (next === start) throw new MalformedRow('a row has no columns');
    this.#records.add(event, start, after);
    return next;
  }
}

const shapeOf = (event: RowsEvent, format: RowFormat): RowShape => {
  if (event.columns !== format.width)
    throw unreadable(format, new MalformedRow(`a row has ${event.columns} columns, its table ${format.width}`));
  return format.shape(event);
};

const unreadable = ({ relation }: RowFormat, error: unknown): unknown => {
  if (!(error instanceof MalformedRow)) return error;
  const table = qualifiedName(relation);
  return rowError('DECODE_FAILED', `Cannot read rows of ${table}: ${error.message}`, { details: { table } });
};
