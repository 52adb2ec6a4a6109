import type { ChangeBatch } from '../model/change-batch.ts';
import type { Position } from '../model/position.ts';
import { type ClockSample, DelayRecorder, SideCounter, type StreamStatistics } from './stream-statistics.ts';

type Distance = (a: Position, b: Position) => number | null;

/** What a run measures of itself: called once per batch and per group, never per change. */
export class SessionStatistics {
  #source = new SideCounter();
  #sink = new SideCounter();
  #delays = new DelayRecorder();
  #counters: Record<string, number> = {};
  #groups = 0;
  #committed = 0;
  /** Parts of a transaction that is not committed yet. */
  #uncommitted = 0;
  #position: Position | null = null;
  #head: Position | null = null;
  #hub: { readonly size: { readonly changes: number; readonly bytes: number } } | null = null;
  /** When the changes that are under way were read, oldest first. */
  #reads: { at: number; changes: number }[] = [];
  #elapsed = 0;
  #countingSince: number | null = null;

  /** A new run: everything from zero. */
  begin(): void {
    this.#source = new SideCounter();
    this.#sink = new SideCounter();
    this.#delays = new DelayRecorder();
    this.#counters = {};
    this.#groups = 0;
    this.#committed = 0;
    this.#elapsed = 0;
    this.#countingSince = Date.now();
  }

  /** The clock of `elapsedTime` runs; it stands still while paused and after the end. */
  count(isRunning: boolean): void {
    this.#elapsed = this.elapsed();
    this.#countingSince = isRunning ? Date.now() : null;
  }

  elapsed(): number {
    return this.#elapsed + (this.#countingSince === null ? 0 : Date.now() - this.#countingSince);
  }

  /** A connection goes on from there. */
  open(position: Position): void {
    this.#position = position;
  }

  /** A connection begins with an empty hub. */
  watch(hub: { readonly size: { readonly changes: number; readonly bytes: number } }): void {
    this.#hub = hub;
    this.#reads = [];
    this.#uncommitted = 0;
  }

  /** Changes handed to the sink in this run, each once: what was given up with its connection does not count. */
  get written(): number {
    return this.#committed + this.#uncommitted;
  }

  /** Those that are durable already. */
  get committed(): number {
    return this.#committed;
  }

  read(batch: ChangeBatch): void {
    if (batch.changes.length === 0) return;
    this.#source.add(batch, Date.now());
    this.#reads.push({ at: Date.now(), changes: batch.changes.length });
  }

  /** `read`: how many changes of the source the group stands for, if some were left out. */
  wrote(group: ChangeBatch, read = group.changes.length): void {
    const now = Date.now();
    this.#sink.add(group, now);
    this.#delays.written(group, this.#takeReadTime(read), now);
    this.#uncommitted += group.changes.length;
    if (group.position === null) return;
    this.#committed += this.#uncommitted;
    this.#uncommitted = 0;
    this.#position = group.position;
    if (group.changes.length > 0) this.#groups++;
  }

  /** A chunk of a copy was read. */
  readRows(table: string, rows: number, bytes: number): void {
    this.#source.addRows(table, rows, bytes);
  }

  /** It is durable. Copied rows count for limits as changes do. */
  wroteRows(table: string, rows: number, bytes: number): void {
    this.#sink.addRows(table, rows, bytes);
    this.#committed += rows;
  }

  head(position: Position, clock: ClockSample): void {
    this.#head = position;
    this.#delays.compareClocks(clock);
  }

  increment(code: string): void {
    this.#counters[code] = (this.#counters[code] ?? 0) + 1;
  }

  snapshot(status: string, distance: Distance): StreamStatistics {
    const now = Date.now();
    const queue = this.#hub?.size ?? { changes: 0, bytes: 0 };
    const known = this.#position !== null && this.#head !== null;
    return {
      source: this.#source.read(status, now),
      sink: { ...this.#sink.read(status, now), groups: this.#groups },
      queue,
      position: this.#position,
      head: this.#head,
      lag: { bytes: known ? atLeastZero(distance(this.#position ?? '', this.#head ?? '')) : null },
      latency: { system: this.#delays.system.read(), total: this.#delays.total.read() },
      freshness: this.#delays.freshness(now, queue.changes > 0),
      counters: { ...this.#counters },
      elapsedTime: this.elapsed() / 1_000,
    };
  }

  #takeReadTime(changes: number): number | null {
    const at = this.#reads[0]?.at ?? null;
    let left = changes;
    while (left > 0) {
      const oldest = this.#reads[0];
      if (oldest === undefined) break;
      const taken = Math.min(left, oldest.changes);
      oldest.changes -= taken;
      left -= taken;
      if (oldest.changes === 0) this.#reads.shift();
    }
    return at;
  }
}

const atLeastZero = (bytes: number | null): number | null => (bytes === null ? null : Math.max(0, bytes));
