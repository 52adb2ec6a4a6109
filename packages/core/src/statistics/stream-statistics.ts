import type { ChangeBatch } from '../model/change-batch.ts';
import type { Position } from '../model/position.ts';
import { RecentQuantiles } from './quantiles.ts';

export interface SideStatistics {
  /** `ready` until the first change or row, then what the stream does. */
  readonly status: string;
  readonly changes: number;
  /** Copied, not logged. */
  readonly rows: number;
  /** Bytes of the batches that carried them. */
  readonly bytes: number;
  /** Changes and rows per second over the last few seconds. */
  readonly rate: number;
  readonly tables: Readonly<Record<string, { readonly changes: number; readonly rows: number }>>;
}

/** Times in ms; `null` while nothing was written yet. */
type Quantiles = ReturnType<RecentQuantiles['read']>;

export interface StreamStatistics {
  readonly source: SideStatistics;
  /** `groups`: target transactions. */
  readonly sink: SideStatistics & { readonly groups: number };
  /** What the event hub retains. */
  readonly queue: { readonly changes: number; readonly bytes: number };
  /** The checkpoint's position, the newest known one of the server, and the bytes of log between them. */
  readonly position: Position | null;
  readonly head: Position | null;
  readonly lag: { readonly bytes: number | null };
  readonly latency: {
    /** From reading a change to its commit at the target. */
    readonly system: Quantiles;
    /** From its commit at the source to its commit at the target; the source's clock offset is subtracted. */
    readonly total: Quantiles;
  };
  /** How old the newest written change was when it was written or, while more is queued, is by now; ms. */
  readonly freshness: number | null;
  /** What connectors count, by code. */
  readonly counters: Readonly<Record<string, number>>;
  /** Seconds since `start()`, pauses excluded. */
  readonly elapsedTime: number;
}

const rateWindow = 5_000;

/** Counts one side of a stream. */
export class SideCounter {
  readonly #tables = new Map<string, { changes: number; rows: number }>();
  #recent: { at: number; changes: number }[] = [];
  #changes = 0;
  #rows = 0;
  #bytes = 0;

  add(batch: ChangeBatch, now: number): void {
    if (batch.changes.length === 0) return;
    this.#changes += batch.changes.length;
    this.#bytes += batch.bytes;
    for (const [table, count] of batch.tables) this.#of(table).changes += count;
    this.#note(batch.changes.length, now);
  }

  addRows(table: string, rows: number, bytes: number): void {
    if (rows === 0) return;
    this.#rows += rows;
    this.#bytes += bytes;
    this.#of(table).rows += rows;
    this.#note(rows, Date.now());
  }

  get changes(): number {
    return this.#changes;
  }

  read(status: string, now: number): SideStatistics {
    this.#forget(now);
    const recent = this.#recent.reduce((sum, { changes }) => sum + changes, 0);
    return {
      status: this.#changes + this.#rows === 0 ? 'ready' : status,
      changes: this.#changes,
      rows: this.#rows,
      bytes: this.#bytes,
      rate: Math.round((recent * 1_000) / rateWindow),
      tables: Object.fromEntries([...this.#tables].map(([table, counts]) => [table, { ...counts }])),
    };
  }

  #of(table: string): { changes: number; rows: number } {
    let counts = this.#tables.get(table);
    if (counts === undefined) {
      counts = { changes: 0, rows: 0 };
      this.#tables.set(table, counts);
    }
    return counts;
  }

  #note(changes: number, now: number): void {
    const last = this.#recent.at(-1);
    if (last !== undefined && now - last.at < 100) last.changes += changes;
    else this.#recent.push({ at: now, changes });
    if (this.#recent.length > 100) this.#forget(now);
  }

  #forget(now: number): void {
    this.#recent = this.#recent.filter(({ at }) => now - at < rateWindow);
  }
}

/** One comparison of the source's clock with ours; ms. */
export interface ClockSample {
  /** Source minus ours. */
  readonly offset: number;
  readonly roundTrip: number;
}

/** Delays of what was written, with the source's clock corrected. */
export class DelayRecorder {
  readonly system = new RecentQuantiles();
  readonly total = new RecentQuantiles();
  #newest: number | null = null;
  #freshness: number | null = null;
  #clock: ClockSample | null = null;

  /** The quicker the answer, the better it tells the offset; an old one counts less with every new one. */
  compareClocks(sample: ClockSample): void {
    const best = this.#clock;
    if (best === null || sample.roundTrip <= best.roundTrip) this.#clock = sample;
    else this.#clock = { ...best, roundTrip: best.roundTrip * 1.05 + 0.1 };
  }

  written(group: ChangeBatch, readAt: number | null, now: number): void {
    if (readAt !== null) this.system.add(now - readAt);
    if (group.commitTime === null) return;
    this.#newest = group.commitTime - (this.#clock?.offset ?? 0);
    // Two clocks never agree exactly; a delay is never negative.
    this.#freshness = Math.max(0, now - this.#newest);
    this.total.add(this.#freshness);
  }

  freshness(now: number, isPending: boolean): number | null {
    return isPending && this.#newest !== null ? Math.max(0, now - this.#newest) : this.#freshness;
  }
}
