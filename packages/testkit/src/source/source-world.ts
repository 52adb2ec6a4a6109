import type { Operation, Relation, Source } from '@millrace/core';
import type { World } from '../conformance-suite.ts';
import type { WorkloadTransaction } from '../workload/workload.ts';

/** The values of a row of the origin. `count` is left out where the table has no such column, or by an update. */
export interface OriginRow {
  readonly id: number;
  readonly note?: string | null;
  readonly count?: number | null;
}

/** One statement at the origin. `id` of an update: the row as it is found; `row.id` may be another. */
export type OriginChange =
  | { readonly op: 'insert'; readonly row: OriginRow }
  | { readonly op: 'update'; readonly id: number; readonly row: OriginRow }
  | { readonly op: 'delete'; readonly id: number }
  | { readonly op: 'truncate' };

/** A log, and a table without rows whose changes it has. */
export interface SourceWorld extends World {
  /** Another connector to the log with the same options, as the next process has it. */
  connect(): Source;
  /** Makes one transaction at the origin, which has been committed when this resolves. */
  write(changes: readonly OriginChange[]): Promise<void>;
  readonly table: {
    /** `schema.table`. */
    readonly name: string;
    /** Its columns: a number, the key; a text; a number, if there is one. */
    readonly columns: { readonly id: string; readonly note: string; readonly count?: string };
    /** What can happen to it at the origin, if not everything. */
    readonly operations?: readonly Operation[];
  };
  /**
   * Other tables of the origin, without rows, and what does a transaction to them, from its begin to its commit or
   * rollback. Absent: random workloads are done to the one table by `write`.
   */
  readonly workload?: {
    readonly relations: readonly Relation[];
    write(transaction: WorkloadTransaction): Promise<void>;
  };
  /** Ends the connection over which the log is read, as a network may. Absent: that is not tested. */
  readonly cut?: () => Promise<void>;
  /**
   * Makes the server give up readers that it does not hear of for a while, and resolves with how long that is, in
   * milliseconds. Absent: nobody waits for as long as the server would.
   */
  readonly shortenTimeout?: () => Promise<number>;
  /** Gives the table a column of texts, which is NULL in every row. Absent: its columns cannot change. */
  readonly addColumn?: (name: string) => Promise<void>;
}
