import type { BinlogEvent, BinlogPlace } from '../binlog/binlog-event.ts';
import { BinlogPosition } from '../positions/binlog-position.ts';
import type { ReadSoFar } from './continued-dump.ts';
import type { LogPosition } from './log-position.ts';

/**
 * Follows the events of a log from the start of a file to the first transaction at or after a time, in milliseconds since
 * 1970. Logs that say only the second (MariaDB's) are taken to mean its end, so that none is passed over: up to a second
 * more may come.
 */
export class FirstAtTime {
  readonly #time: number;
  readonly #hasGtids: boolean;
  #position: BinlogPosition | null = null;
  #place: BinlogPlace | null = null;
  /** The GTID of a transaction that has begun and is before the time. */
  #open: string | null = null;

  constructor(time: number, hasGtids: boolean) {
    this.#time = time;
    this.#hasGtids = hasGtids;
  }

  /** Behind everything that was passed. */
  get position(): LogPosition {
    if (this.#place === null) throw new Error('nothing of the log has come');
    this.#endTransaction(this.#place);
    return { gtids: this.#position?.gtids ?? null, place: this.#place };
  }

  /** A transaction that has not ended counts as read: it is before the time, whether the rest of it is lost or not. */
  get readSoFar(): ReadSoFar {
    if (this.#place === null) return { gtids: null, end: null, place: null };
    const { gtids, place } = this.position;
    return { gtids, end: place, place };
  }

  /** True: the event begins a transaction at or after the time, and `position` is right before it. */
  pass(event: BinlogEvent): boolean {
    if (event.kind === 'gtid') {
      const time = event.commitTime ?? event.timestamp * 1_000 + 999;
      if (time >= this.#time) return true;
      if (this.#place !== null) this.#endTransaction(this.#place);
      this.#open = event.gtid;
    }
    if (event.kind === 'rotate') this.#place = { file: event.file, offset: event.offset };
    else if (event.place !== null) this.#place = event.place;
    if (event.kind === 'previous-gtids' && this.#hasGtids && this.#place !== null) {
      // A transaction that a crash of the server has cut off is not in it, and its GTID comes again.
      this.#position = BinlogPosition.of(event.set, this.#place);
      this.#open = null;
    }
    return false;
  }

  #endTransaction(place: BinlogPlace): void {
    if (this.#open !== null) this.#position?.pass(this.#open, place);
    this.#open = null;
  }
}
