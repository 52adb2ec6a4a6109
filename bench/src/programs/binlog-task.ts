import type { BinlogPlace } from '../servers/binlog-source.ts';

/** What a program that reads a binlog is to do, as JSON. */
export interface BinlogTask {
  readonly connection: string;
  /** Where to begin. */
  readonly place: BinlogPlace;
  /** The same as a directory of checkpoints of the stream `id`. */
  readonly checkpoints: string;
  readonly id: string;
  readonly changes: number;
  readonly profile: string | null;
}

/** What it has counted. `sum`: of what it saw in `id` of every row after its change, unless it looks at no rows. */
export interface BinlogCount {
  readonly changes: number;
  readonly sum: number | null;
}

/** What a program that streams from a binlog to a database is to do; it begins at the checkpoint of `id` at the target. */
export interface BinlogStreamTask {
  readonly connection: string;
  readonly id: string;
  readonly target: string;
  readonly tables: readonly string[];
  readonly profile: string | null;
}
