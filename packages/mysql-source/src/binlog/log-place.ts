import type { BinlogPlace } from './binlog-event.ts';
import { MalformedEvent } from './malformed-event.ts';

const wrap = 0x1_0000_0000;
/** What an event says may lie ahead of the place by less than this: the server leaves out what it was asked to. */
const largestGap = 0x8000_0000;

/** Where in the log one reads, in 64 bits: events say the lower 32 of where they end. */
export class LogPlace {
  #place: BinlogPlace | null;

  constructor(place: BinlogPlace | null) {
    this.#place = place;
  }

  get current(): BinlogPlace | null {
    return this.#place;
  }

  moveTo(file: string, offset: number): BinlogPlace {
    this.#place = { file, offset };
    return this.#place;
  }

  /** Everything up to `place` was left out by the server. */
  reach(place: BinlogPlace): void {
    if (this.#place?.file === place.file && this.#place.offset < place.offset) this.#place = place;
  }

  /**
   * Passes an event of the log that takes `length` bytes and says that it ends at `logPosition`; 0: it does not say, as
   * MariaDB's do not within transactions. What it says may only lie ahead of what was counted. A gap of more than 2 GiB
   * cannot be told from a step back.
   */
  pass(length: number, logPosition: number): BinlogPlace {
    const { file, offset } = this.#known();
    const counted = offset + length;
    return this.moveTo(file, logPosition === 0 ? counted : counted + this.#gap(counted, logPosition));
  }

  /** The place of which the lower 32 bits are known; as near as possible where the file is another. */
  at(file: string, logPosition: number): BinlogPlace {
    if (file !== this.#place?.file) return { file, offset: logPosition };
    return { file, offset: this.#place.offset + this.#gap(this.#place.offset, logPosition) };
  }

  #gap(counted: number, logPosition: number): number {
    const gap = (logPosition - (counted % wrap) + wrap) % wrap;
    if (gap >= largestGap)
      throw new MalformedEvent(`it says that it ends at ${logPosition}, before ${counted}`, 'BINLOG_CORRUPT');
    return gap;
  }

  #known(): BinlogPlace {
    if (this.#place === null) throw new MalformedEvent('nothing says in which file it is', 'BINLOG_CORRUPT');
    return this.#place;
  }
}
