import type { RangeProgress } from '../contracts/checkpoint.ts';
import type { Chunk } from '../contracts/source.ts';

/** How far the copy of one table is. */
export interface CopyProgress {
  readonly table: string;
  /** Copied so far, earlier attempts included. */
  readonly rows: number;
  /** How many the source estimates there are; `null`: it does not say. */
  readonly estimatedRows: number | null;
  /** What was copied since the stream was opened, and what the source estimates for the whole table. */
  readonly bytes: number;
  readonly estimatedBytes: number | null;
  /** Rows per second since the stream was opened. */
  readonly rate: number;
  /** Seconds until the copy is complete, by rate and estimate. */
  readonly secondsLeft: number | null;
  /** Every row is copied; changes made meanwhile come next. */
  readonly done: boolean;
}

interface Counts {
  rows: number;
  readonly before: number;
  bytes: number;
  readonly estimates: { readonly rows: number | null; readonly bytes: number | null };
  startedAt: number | null;
  reportedAt: number;
  /** Ranges that are not done. */
  ranges: number;
}

/** The least time between two events of one table, ms. */
const interval = 1_000;

export interface CopyReportOptions {
  readonly onProgress: (progress: CopyProgress) => void;
  readonly onRead: (table: string, rows: number, bytes: number) => void;
  readonly onWritten: (table: string, rows: number, bytes: number) => void;
}

/** Counts what is copied, and says so now and then: called once per chunk. */
export class CopyReport {
  readonly #options: CopyReportOptions;
  readonly #tables = new Map<string, Counts>();

  constructor(options: CopyReportOptions) {
    this.#options = options;
  }

  planned(table: string, estimates: Counts['estimates'], ranges: readonly RangeProgress[]): void {
    const before = ranges.reduce((sum, { rows }) => sum + rows, 0);
    const left = ranges.filter(({ done }) => !done).length;
    const counts = {
      rows: before,
      before,
      bytes: 0,
      estimates,
      startedAt: null,
      reportedAt: Number.NEGATIVE_INFINITY,
      ranges: left,
    };
    this.#tables.set(table, counts);
    if (left === 0) this.#report(table, counts);
  }

  read({ progress: { table }, length, bytes }: Chunk): void {
    const counts = this.#tables.get(table);
    if (counts !== undefined) counts.startedAt ??= performance.now();
    this.#options.onRead(table, length, bytes);
  }

  wrote({ progress, length, bytes }: Pick<Chunk, 'progress' | 'length' | 'bytes'>): void {
    const { table } = progress;
    this.#options.onWritten(table, length, bytes);
    const counts = this.#tables.get(table);
    if (counts === undefined) return;
    counts.rows += length;
    counts.bytes += bytes;
    if (progress.done) counts.ranges--;
    if (counts.ranges === 0 || performance.now() - counts.reportedAt >= interval) this.#report(table, counts);
  }

  #report(table: string, counts: Counts): void {
    const now = performance.now();
    counts.reportedAt = now;
    const { rows, before, bytes, estimates, startedAt, ranges } = counts;
    const seconds = startedAt === null ? 0 : (now - startedAt) / 1_000;
    const rate = seconds === 0 ? 0 : Math.round((rows - before) / seconds);
    const done = ranges === 0;
    const left = estimates.rows === null || rate === 0 ? null : Math.max(0, estimates.rows - rows) / rate;
    this.#options.onProgress({
      table,
      rows,
      estimatedRows: estimates.rows,
      bytes,
      estimatedBytes: estimates.bytes,
      rate,
      secondsLeft: done ? 0 : left === null ? null : Math.round(left),
      done,
    });
  }
}
