import type { ColumnChange, Relation } from '@millrace/core';

/** The values of a row by column, in the JavaScript forms of docs/values.md. Columns that are computed are left out. */
export type WorkloadRow = Readonly<Record<string, unknown>>;

/** What is done to one row, or to tables as a whole. It always succeeds where it stands. */
export type WorkloadOperation =
  | { readonly kind: 'insert'; readonly relation: Relation; readonly row: WorkloadRow }
  | {
      readonly kind: 'update';
      readonly relation: Relation;
      readonly before: WorkloadRow;
      readonly after: WorkloadRow;
      /** The columns that the statement sets, to other values or to the same. A log may leave out the others. */
      readonly columns: readonly string[];
    }
  | { readonly kind: 'delete'; readonly relation: Relation; readonly row: WorkloadRow }
  | { readonly kind: 'truncate'; readonly relations: readonly Relation[] }
  | {
      readonly kind: 'schema-change';
      readonly relation: Relation;
      readonly change: ColumnChange;
      /** The table after it. */
      readonly changed: Relation;
    }
  | {
      readonly kind: 'savepoint';
      readonly operations: readonly WorkloadOperation[];
      readonly outcome: 'released' | 'rolled-back';
    };

export interface WorkloadTable {
  readonly relation: Relation;
  /** In no order. */
  readonly rows: readonly WorkloadRow[];
}

export interface WorkloadTransaction {
  /** Its number in the workload, from 0. */
  readonly index: number;
  readonly operations: readonly WorkloadOperation[];
  readonly outcome: 'committed' | 'rolled-back';
  /** Every table, by `schema.table`, as it is after this transaction: what a reader must find then. */
  readonly tables: ReadonlyMap<string, WorkloadTable>;
}

/** Transactions over tables that begin empty, one after the other. */
export interface Workload {
  /** The tables before the first transaction. */
  readonly relations: readonly Relation[];
  readonly transactions: readonly WorkloadTransaction[];
}
