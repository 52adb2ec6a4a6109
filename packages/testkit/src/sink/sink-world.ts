import type { Relation, Sink } from '@millrace/core';
import type { World } from '../conformance-suite.ts';

/** The values of a row by column: their exact text, or `null`. */
export type TargetRow = Readonly<Record<string, string | null>>;

/** A target in which there is nothing yet, or the table `testkit.items` without rows where the sink makes no tables. */
export interface SinkWorld extends World {
  /** Another connector to the target with the same options, as the next process has it. */
  connect(): Sink;
  /**
   * The rows of a table as a reader of the target finds them now, in any order; none where there is no table. Of a target
   * that keeps events: what somebody has who applies them, in the order they came.
   */
  rows(relation: Relation): Promise<readonly TargetRow[]>;
  /** How many streams may write to one target at the same time. Default: several. */
  readonly writers?: 'one' | 'several';
  /**
   * Other tables that the sink makes, or that are there, without rows: random workloads are done to them, too. The texts
   * of their values are those of docs/values.md.
   */
  readonly relations?: readonly Relation[];
  /** Keeps writes from being answered until it is disposed of. Absent: what hangs is not tested. */
  readonly stall?: () => Promise<AsyncDisposable>;
}
