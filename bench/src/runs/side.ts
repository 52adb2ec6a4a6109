import type { RowState } from '../measure/fingerprint.ts';
import type { Table } from '../workloads/workload.ts';
import type { RunPlace } from './run-place.ts';

/** What a side says of itself when it has ended, for the JSON file. */
export interface SideDetails {
  /** Events that a stream counts, by code; empty for others. */
  readonly counters: Readonly<Record<string, number>>;
  /** Seconds until the log was being read; `null` where the side does not say. */
  readonly startSeconds: number | null;
  readonly residentBytes: number | null;
}

/** One of the sides that apply the same log, ready to begin. Disposing of it ends it, however far it has come. */
export interface Side extends AsyncDisposable {
  /** What it should leave at the target. */
  readonly rows: RowState;
  /** Its process, if it has one beside those of the servers. */
  readonly pid: number | null;
  /** Rejects when the side fails; never resolves. */
  readonly failed: Promise<never>;
  /** Resolves when the side has been told. */
  begin(): Promise<void>;
  /** Ends the side in order. */
  end(): Promise<SideDetails>;
}

/** Makes a side for a place. Everything that is not to be measured happens here. */
export type StartSide = (place: RunPlace, tables: readonly Table[]) => Promise<Side>;
