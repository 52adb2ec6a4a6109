import type { ChangeBatch, Transaction } from '@millrace/core';
import { BinlogDecoder } from '../binlog/binlog-decoder.ts';
import type { BinlogPlace, RowsEvent } from '../binlog/binlog-event.ts';
import type { TableMap } from '../binlog/table-map.ts';
import type { ReadSoFar } from '../continuity/continued-dump.ts';
import type { BinlogPosition } from '../positions/binlog-position.ts';
import type { BatchLimits } from '../rows/batch-draft.ts';
import type { RowFormat } from '../rows/row-format.ts';
import { visibilityOf } from '../snapshot/await-visible.ts';
import { BatchBuilder } from '../transactions/batch-builder.ts';
import type { CutOffTransactions } from '../transactions/cut-off-transactions.ts';
import { ownRows } from '../transactions/own-rows.ts';
import { type PreparedRows, PreparedTransactions } from '../transactions/prepared-transactions.ts';
import { transactionError } from '../transactions/transaction-errors.ts';
import {
  type LoggedTransaction,
  type Statement,
  type TransactionHandler,
  TransactionReader,
} from '../transactions/transaction-reader.ts';

/** What tables are at this place of the log. */
export interface LoggedTables {
  /** `null`: it is not captured. Throws when nobody can tell what its columns are. */
  format(map: TableMap): RowFormat | null;
  /** As `LogStart.state`, where it is another than when it was last asked for. */
  newState(): string | undefined;
  /** Takes a statement that changes tables, or may. */
  define(statement: Statement, builder: BatchBuilder, transaction: Transaction): void;
}

export interface LogDecoderOptions {
  readonly kind: 'mysql' | 'mariadb';
  /** `ServerFacts.identity`. */
  readonly server: string;
  /** Those known to have been cut off are left out, and those found are added. */
  readonly cutOff: CutOffTransactions;
  readonly place: BinlogPlace;
  /** From where the log is read; it moves with it. */
  readonly position: BinlogPosition;
  readonly tables: LoggedTables;
  readonly limits: BatchLimits;
  /** The most that may be held of transactions between `XA PREPARE` and their end. */
  readonly maxPreparedBytes: number;
}

interface Open {
  readonly gtid: string | null;
  readonly logged: LoggedTransaction;
  readonly transaction: Transaction;
  /** It is known that its end will not come. */
  readonly isLeftOut: boolean;
  /** Tables were changed in it. */
  isDefining: boolean;
  /** Not to be said before its end is known. */
  held: PreparedRows[] | null;
  heldBytes: number;
  /** What was prepared before and ends with this one. */
  resolved: string | null;
}

/** Turns the events of a log into batches. Pure: it waits for nothing. After an error no input is accepted any more. */
export class LogDecoder implements TransactionHandler {
  readonly #decoder: BinlogDecoder;
  readonly #reader: TransactionReader;
  readonly #builder: BatchBuilder;
  readonly #kind: 'mysql' | 'mariadb';
  readonly #server: string;
  readonly #cutOff: CutOffTransactions;
  readonly #position: BinlogPosition;
  readonly #tables: LoggedTables;
  readonly #prepared: PreparedTransactions;
  #open: Open | null = null;
  /** Until then the place is that of the position, which may be of another server. */
  #hasRead = false;

  constructor({ kind, server, cutOff, place, position, tables, limits, maxPreparedBytes }: LogDecoderOptions) {
    this.#decoder = new BinlogDecoder({ place });
    this.#reader = new TransactionReader(this, place, kind);
    this.#kind = kind;
    this.#server = server;
    this.#cutOff = cutOff;
    this.#position = position;
    this.#builder = new BatchBuilder(limits, () => {
      const state = tables.newState();
      return { position: position.toString(), ...(state === undefined ? {} : { state }) };
    });
    this.#tables = tables;
    this.#prepared = new PreparedTransactions(maxPreparedBytes);
  }

  get pendingBytes(): number {
    return this.#builder.pendingBytes;
  }

  get readSoFar(): ReadSoFar {
    const { gtids, place } = this.#position;
    return { gtids, end: place, place: this.#hasRead ? this.#decoder.place : null };
  }

  /** Takes the bytes of one event. */
  push(event: Buffer): void {
    for (const each of this.#decoder.decode(event)) this.#reader.push(each);
    this.#hasRead = true;
  }

  flush(): void {
    this.#builder.flush();
  }

  take(): ChangeBatch | null {
    return this.#builder.take();
  }

  begin(logged: LoggedTransaction): void {
    const { gtid, commitTime, start } = logged;
    const id = gtid ?? `${start.file}:${start.offset}`;
    const visibility = visibilityOf(gtid, this.#kind, start);
    const transaction = { id, commitTime, position: this.#position.toString(), visibility };
    const isLeftOut = this.#cutOff.has(this.#server, logged);
    const isDefining = false;
    this.#open = { gtid, logged, transaction, isLeftOut, isDefining, held: null, heldBytes: 0, resolved: null };
    this.#builder.begin(transaction);
  }

  hold(): void {
    if (this.#open !== null) this.#open.held = [];
  }

  rows(event: RowsEvent, map: TableMap): void {
    if (this.#open === null || this.#open.isLeftOut) return;
    const format = this.#tables.format(map);
    if (format === null) return;
    if (this.#open.held === null) {
      this.#builder.rows(event, format);
      return;
    }
    const own = ownRows(event);
    this.#open.heldBytes += own.body.length;
    this.#prepared.requireRoom(this.#open.heldBytes);
    this.#open.held.push({ event: own, format });
  }

  definition(statement: Statement): void {
    if (this.#open === null || this.#open.isLeftOut) return;
    this.#open.isDefining = true;
    this.#tables.define(statement, this.#builder, this.#open.transaction);
  }

  commit(end: BinlogPlace): void {
    if (this.#open === null) return;
    const { gtid, held, resolved, isLeftOut } = this.#open;
    if (isLeftOut) throw transactionError('LOG_OUT_OF_ORDER', 'A transaction has an end now, and had none before');
    this.#open = null;
    for (const { event, format } of held ?? []) this.#builder.rows(event, format);
    // First the one that may be refused: what was whole before still goes out with this position.
    this.#position.pass(gtid, end);
    if (resolved !== null) this.#position.pass(resolved, end);
    this.#builder.commit();
  }

  rollback(end: BinlogPlace): boolean {
    const open = this.#open;
    if (open === null || !this.#builder.rollback()) return false;
    this.#open = null;
    this.#position.pass(open.gtid, end);
    this.#builder.commit();
    return true;
  }

  cutOff(end: BinlogPlace): boolean {
    const open = this.#open;
    if (open === null) return true;
    if (open.isDefining || !this.#builder.rollback()) {
      this.#cutOff.add(this.#server, open.logged);
      return false;
    }
    this.#open = null;
    // Its GTID is given to another transaction.
    this.#position.reach(end);
    this.#builder.commit();
    return true;
  }

  savepoint(name: string): void {
    this.#builder.savepoint(name);
  }

  /** Rows that are held until the end of an XA transaction have no savepoints here. */
  rollbackTo(name: string): boolean {
    return this.#open?.held === null && this.#builder.rollbackTo(name);
  }

  prepare(xid: string, end: BinlogPlace): void {
    if (this.#open === null) return;
    const { gtid, held, heldBytes } = this.#open;
    this.#open = null;
    const rows = held ?? [];
    const mayHaveGaps = this.#kind === 'mysql' && this.#position.mayHaveGaps;
    if (rows.length > 0 && (gtid === null || !mayHaveGaps))
      throw transactionError('XA_NOT_FOLLOWED', `A transaction was prepared at ${end.file}:${end.offset}`, {
        hint: 'SET GLOBAL gtid_mode = ON, by the steps of the MySQL manual; or leave tables out that such transactions change.',
        details: { ...end },
      });
    // One that is to be read again is not passed before its end; one that is passed now must not be passed again then.
    this.#prepared.hold(xid, mayHaveGaps ? gtid : null, rows, heldBytes);
    if (mayHaveGaps && gtid !== null) this.#position.leaveOut(gtid, end);
    else this.#position.pass(gtid, end);
    this.#builder.commit();
  }

  resolve(xid: string, how: 'commit' | 'rollback'): void {
    if (this.#open === null) return;
    const prepared = this.#prepared.take(xid);
    if (prepared === undefined && how === 'commit')
      throw transactionError('XA_NOT_FOLLOWED', 'A transaction is committed that was prepared before the log is read');
    this.#open.resolved = prepared?.gtid ?? null;
    if (how === 'commit') for (const { event, format } of prepared?.rows ?? []) this.#builder.rows(event, format);
  }

  idle(at: BinlogPlace): void {
    const { gtids, place } = this.#position;
    this.#position.reach(at);
    // Where only the place counts, its file may be removed one day.
    if (gtids === null && place?.file !== at.file) this.#builder.advance();
  }
}
