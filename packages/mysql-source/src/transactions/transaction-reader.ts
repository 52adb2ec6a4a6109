import type { BinlogEvent, BinlogPlace, RowsEvent } from '../binlog/binlog-event.ts';
import { type QueryKind, queryKind } from '../binlog/query-kind.ts';
import type { TableMap } from '../binlog/table-map.ts';
import { transactionError, type transactionErrors } from './transaction-errors.ts';

type EventOf<K extends BinlogEvent['kind']> = Extract<BinlogEvent, { readonly kind: K }>;

/** A statement of the log. */
export type Statement = EventOf<'query'>;

/** Events that the server committed together, or one statement that stands alone. */
export interface LoggedTransaction {
  /** `null`: the server gave it none. */
  readonly gtid: string | null;
  /** In ms since 1970. */
  readonly commitTime: number;
  /** Where it begins in the log. */
  readonly start: BinlogPlace;
}

/** What the log says, in order. Rows and definitions come between `begin` and `commit` or `prepare` only. */
export interface TransactionHandler {
  begin(transaction: LoggedTransaction): void;
  /** What follows takes effect with its commit, or later: it may be prepared only. */
  hold(): void;
  rows(event: RowsEvent, map: TableMap): void;
  /** A statement that changes tables, or may. */
  definition(statement: Statement): void;
  /** `end`: where the transaction ends. */
  commit(end: BinlogPlace): void;
  /** What came since `begin` never took effect. False: it is too late to leave it out. */
  rollback(end: BinlogPlace): boolean;
  /** The server crashed before its log had the end, and rolled it back. False: a part of it cannot be taken back here. */
  cutOff(end: BinlogPlace): boolean;
  savepoint(name: string): void;
  /** What came since the savepoint never took effect. False: it is too late to leave it out. */
  rollbackTo(name: string): boolean;
  /** What came since `begin` takes effect with `XA COMMIT` of this id. */
  prepare(xid: string, end: BinlogPlace): void;
  /** Inside a transaction of its own: what was prepared under this id takes effect now, or never. */
  resolve(xid: string, how: 'commit' | 'rollback'): void;
  /** The server has nothing more for now, and its log is as far as this. */
  idle(at: BinlogPlace): void;
}

/** `announced`: a GTID was said, and nothing behind it; a statement then stands alone. */
type State = 'outside' | 'announced' | 'open';

/** Puts the events of a log together to transactions. Throws the errors of `transactionErrors`, and `STATEMENT_LOGGED`. */
export class TransactionReader {
  readonly #handler: TransactionHandler;
  readonly #kind: 'mysql' | 'mariadb';
  readonly #maps = new Map<number, TableMap>();
  #state: State = 'outside';
  #withoutEffect = false;
  /** The end of the last event. */
  #place: BinlogPlace;

  /** `place`: where reading begins. `kind`: of the server. */
  constructor(handler: TransactionHandler, place: BinlogPlace, kind: 'mysql' | 'mariadb') {
    this.#handler = handler;
    this.#place = place;
    this.#kind = kind;
  }

  push(event: BinlogEvent): void {
    // Inside a compressed transaction only the last event says where it ends.
    const end = event.place ?? this.#place;
    switch (event.kind) {
      case 'gtid':
        this.#announce(event);
        break;
      case 'query':
        this.#statement(event, queryKind(event.sql), end);
        break;
      case 'table-map':
        this.#maps.set(event.map.tableId, event.map);
        break;
      case 'rows':
        this.#rows(event);
        break;
      case 'xid':
        this.#commit(end);
        break;
      case 'xa-prepare':
        if (event.onePhase) this.#commit(end);
        else this.#prepare(event.xid, end);
        break;
      case 'rotate':
        // Numbers of tables mean nothing in another file.
        this.#maps.clear();
        if (event.place === null && this.#state === 'outside') this.#place = { file: event.file, offset: event.offset };
        break;
      case 'format-description':
        // A file begins, or this connection.
        if (this.#state !== 'outside' && event.place !== null) this.#cutOff(event.created, event.place);
        break;
      case 'heartbeat':
        if (this.#state === 'outside') this.#handler.idle(event.at);
        break;
      case 'previous-gtids':
      case 'ignored':
        break;
    }
    if (event.place !== null) this.#place = event.place;
  }

  #announce({ gtid, commitTime, timestamp, standalone, withoutEffect, prepared }: EventOf<'gtid'>): void {
    if (this.#state !== 'outside') throw this.#error('LOG_OUT_OF_ORDER', 'has no end');
    this.#begin(gtid, commitTime ?? timestamp * 1_000);
    // MySQL says BEGIN, MariaDB says that there is none.
    this.#state = this.#kind === 'mysql' || standalone ? 'announced' : 'open';
    this.#withoutEffect = withoutEffect;
    if (prepared) this.#handler.hold();
  }

  #begin(gtid: string | null, commitTime: number): void {
    this.#withoutEffect = false;
    this.#handler.begin({ gtid, commitTime, start: this.#place });
  }

  #statement(statement: Statement, query: QueryKind, end: BinlogPlace): void {
    // Without a GTID before it, as MySQL 5.6 logged.
    if (this.#state === 'outside') {
      this.#begin(null, statement.timestamp * 1_000);
      this.#state = 'announced';
    }
    switch (query.kind) {
      case 'xa-start':
        this.#state = 'open';
        this.#handler.hold();
        return;
      case 'begin':
        this.#state = 'open';
        return;
      case 'commit':
        this.#commit(end);
        return;
      case 'rollback':
        this.#rollback(end);
        return;
      case 'savepoint':
        this.#handler.savepoint(query.name);
        return;
      case 'rollback-to':
        if (!this.#handler.rollbackTo(query.name))
          throw this.#error('PARTIAL_ROLLBACK', 'was rolled back to a savepoint');
        return;
      case 'xa-prepare':
        this.#prepare(query.xid, end);
        return;
      case 'xa-commit':
      case 'xa-rollback':
        this.#handler.resolve(query.xid, query.kind === 'xa-commit' ? 'commit' : 'rollback');
        break;
      case 'xa-end':
        return;
      case 'administration':
        break;
      case 'definition':
      case 'data':
      case 'unknown':
        if (!this.#withoutEffect) this.#handler.definition(statement);
        break;
    }
    // A statement that stands alone is committed with itself.
    if (this.#state === 'announced') this.#commit(end);
  }

  #rows(event: RowsEvent): void {
    const map = this.#maps.get(event.tableId);
    if (map === undefined) throw this.#error('LOG_OUT_OF_ORDER', 'changes rows of a table that is not described');
    if (this.#state === 'outside') throw this.#error('LOG_OUT_OF_ORDER', 'has no beginning');
    this.#handler.rows(event, map);
  }

  #commit(end: BinlogPlace): void {
    if (this.#state === 'outside') throw this.#error('LOG_OUT_OF_ORDER', 'has no beginning');
    this.#state = 'outside';
    this.#handler.commit(end);
  }

  /** Logged where temporary tables were made or dropped in it. Rows of tables without transactions are logged by themselves. */
  #rollback(end: BinlogPlace): void {
    if (!this.#handler.rollback(end))
      throw this.#error('PARTIAL_ROLLBACK', 'was rolled back, and is in the log all the same');
    this.#state = 'outside';
  }

  /** MySQL takes what has no end out of its log when it starts; MariaDB leaves it there, and replicas roll it back. */
  #cutOff(created: number, end: BinlogPlace): void {
    if (this.#kind !== 'mariadb' || created === 0) throw this.#error('LOG_OUT_OF_ORDER', 'has no end');
    if (!this.#handler.cutOff(end))
      throw this.#error('TRANSACTION_CUT_OFF', 'was cut off by a crash of the server, which rolled it back');
    this.#state = 'outside';
  }

  #prepare(xid: string, end: BinlogPlace): void {
    if (this.#state === 'outside') throw this.#error('LOG_OUT_OF_ORDER', 'has no beginning');
    this.#state = 'outside';
    this.#handler.prepare(xid, end);
  }

  #error(code: keyof typeof transactionErrors, what: string) {
    const { file, offset } = this.#place;
    return transactionError(code, `A transaction in ${file} at ${offset} ${what}`, { details: { file, offset } });
  }
}
