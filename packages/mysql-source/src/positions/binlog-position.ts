import type { Position } from '@millrace/core';
import type { BinlogPlace } from '../binlog/binlog-event.ts';
import { compareFiles } from './binlog-file.ts';
import { GtidSet } from './gtid-set.ts';
import { MariadbGtidPosition } from './mariadb-gtid-position.ts';
import { incomparable, invalid } from './position-errors.ts';

type Gtids = GtidSet | MariadbGtidPosition;

const mysqlGtids = /^[0-9a-f]{8}-[0-9a-f]{4}-/i;
const mariadbGtids = /^\s*\d+-\d+-\d+/;
const placeText = /^(.+):(\d{1,16})$/s;

/**
 * A position in a binlog that moves forward with the transactions that are passed. With GTIDs it is what they say, and
 * the place, that of the server that was read, is only for distances; without, it is the place.
 *
 * As text: `<set or position>@<file>:<offset>`, or `<file>:<offset>`. A set without a place is read, too. What was read and is
 * left out all the same stands behind the set: `<set>+<set>@<file>:<offset>`.
 */
export class BinlogPosition {
  #gtids: Gtids | null;
  /** Transactions that were read, and are to be read again before their end is known. */
  #prepared: GtidSet;
  #place: BinlogPlace | null;
  #text: Position | null = null;

  private constructor(gtids: Gtids | null, place: BinlogPlace | null, prepared = new GtidSet()) {
    this.#gtids = gtids;
    this.#prepared = prepared;
    this.#place = place;
  }

  /** Throws `BINLOG_POSITION_INVALID`. */
  static parse(text: Position): BinlogPosition {
    const at = text.indexOf('@');
    const [read = '', prepared] = (at < 0 ? text : text.slice(0, at)).split('+');
    const gtids = parseGtids(read, at >= 0);
    if (gtids === null) return new BinlogPosition(null, parsePlace(text));
    return new BinlogPosition(gtids, at < 0 ? null : parsePlace(text.slice(at + 1)), GtidSet.parse(prepared ?? ''));
  }

  /** `gtids`: as servers print them, empty ones included; `null`: the position is the place. A place without a file is none. */
  static of(gtids: string | null, place: BinlogPlace): BinlogPosition {
    const parsed = gtids === null ? null : parseGtids(gtids, true);
    if (gtids !== null && parsed === null) throw invalid('a set of GTIDs', gtids);
    return new BinlogPosition(parsed, place.file === '' ? null : place);
  }

  /** What `COM_BINLOG_DUMP_GTID` and `slave_connect_state` take; `null`: it has no GTIDs. */
  get gtids(): string | null {
    return this.#gtids === null ? null : this.#gtids.toString();
  }

  /** Whether it can leave out a transaction that lies before others. */
  get mayHaveGaps(): boolean {
    return this.#gtids instanceof GtidSet;
  }

  get place(): BinlogPlace | null {
    return this.#place;
  }

  /**
   * Passes a transaction that ends at the place. Without GTIDs in the position only that counts; with them the transaction
   * must have one: `POSITION_INCOMPARABLE` otherwise.
   */
  pass(gtid: string | null, place: BinlogPlace): void {
    if (this.#gtids !== null) {
      if (gtid === null)
        throw incomparable('a transaction has no GTID, those before have', this, `${place.file}:${place.offset}`);
      if (this.#gtids.isEmpty && mariadbGtids.test(gtid)) this.#gtids = new MariadbGtidPosition();
      this.#gtids.add(gtid);
      if (!this.#prepared.isEmpty) this.#prepared = this.#prepared.subtract(GtidSet.parse(gtid));
    }
    this.#place = place;
    this.#text = null;
  }

  /**
   * Leaves out a transaction that ends at the place, which MySQL's sets can: it is read again after a restart. Who compares
   * positions takes it for passed: servers count it among those they have executed, though nobody sees what it did.
   */
  leaveOut(gtid: string, place: BinlogPlace): void {
    this.#prepared.add(gtid);
    this.reach(place);
  }

  /** The log lies behind this position up to the place, without any transaction. */
  reach(place: BinlogPlace): void {
    this.#place = place;
    this.#text = null;
  }

  /** Whether the position holds a transaction; without GTIDs nothing can say that. */
  has(gtid: string): boolean {
    if (this.#gtids === null) throw incomparable('it has no GTIDs', this, gtid);
    return !this.#gtids.isEmpty && this.#gtids.has(gtid);
  }

  /** -1: the other is further. Throws `POSITION_INCOMPARABLE`. */
  compare(other: BinlogPosition): -1 | 0 | 1 {
    const [own, others] = [this.#passed(), other.#passed()];
    if (own !== null && others !== null) return compareGtids(own, others);
    if (own !== null || others !== null) throw incomparable('only one has GTIDs', this, other);
    return comparePlaces(this, other);
  }

  copy(): BinlogPosition {
    return new BinlogPosition(this.#gtids?.copy() ?? null, this.#place, this.#prepared.copy());
  }

  /** Put together when it is asked for, and kept until the position moves. */
  toString(): Position {
    this.#text ??= `${this.#gtids ?? ''}${this.#leftOut()}${this.#gtids !== null && this.#place !== null ? '@' : ''}${formatPlace(this.#place)}`;
    return this.#text;
  }

  #leftOut(): string {
    return this.#prepared.isEmpty ? '' : `+${this.#prepared}`;
  }

  #passed(): Gtids | null {
    if (this.#prepared.isEmpty || !(this.#gtids instanceof GtidSet)) return this.#gtids;
    return this.#gtids.union(this.#prepared);
  }
}

/** The order of two positions in text form, as a source's `compare` gives it. */
export const comparePositions = (a: Position, b: Position): -1 | 0 | 1 =>
  a === b ? 0 : BinlogPosition.parse(a).compare(BinlogPosition.parse(b));

const parseGtids = (text: string, mayBeEmpty: boolean): Gtids | null => {
  if (mysqlGtids.test(text)) return GtidSet.parse(text);
  if (mariadbGtids.test(text)) return MariadbGtidPosition.parse(text);
  return mayBeEmpty && text === '' ? new GtidSet() : null;
};

const parsePlace = (text: string): BinlogPlace => {
  const [, file, digits] = placeText.exec(text) ?? [];
  const offset = Number(digits);
  if (file === undefined || !Number.isSafeInteger(offset)) throw invalid('a position in a binlog', text);
  return { file, offset };
};

const formatPlace = (place: BinlogPlace | null): string => (place === null ? '' : `${place.file}:${place.offset}`);

const compareGtids = (a: Gtids, b: Gtids): -1 | 0 | 1 => {
  if (a.isEmpty || b.isEmpty) return a.isEmpty ? (b.isEmpty ? 0 : -1) : 1;
  if (a instanceof GtidSet && b instanceof GtidSet) return a.compare(b);
  if (a instanceof MariadbGtidPosition && b instanceof MariadbGtidPosition) return a.compare(b);
  throw incomparable('one is of MySQL, the other of MariaDB', a, b);
};

const comparePlaces = (a: BinlogPosition, b: BinlogPosition): -1 | 0 | 1 => {
  if (a.place === null || b.place === null) throw incomparable('one has no place', a, b);
  const files = compareFiles(a.place.file, b.place.file);
  if (files === null) throw incomparable('their files are not of one series', a, b);
  return files !== 0 ? files : (Math.sign(a.place.offset - b.place.offset) as -1 | 0 | 1);
};
