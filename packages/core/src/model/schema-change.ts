import type { Transaction } from './position.ts';
import type { Column, Relation } from './relation.ts';
import type { TableStorage } from './table-storage.ts';

/** What has happened to one column of a table. */
export type ColumnChange =
  | {
      readonly kind: 'add-column';
      readonly column: Column;
      /** The text of the value that rows have which were there before; `null`: NULL. */
      readonly fill: string | null;
    }
  | { readonly kind: 'drop-column'; readonly name: string }
  | { readonly kind: 'rename-column'; readonly name: string; readonly from: string }
  | { readonly kind: 'alter-column-type'; readonly column: Column; readonly from: string }
  | { readonly kind: 'alter-column-nullability'; readonly name: string; readonly nullable: boolean }
  | {
      readonly kind: 'alter-column-default';
      readonly name: string;
      /** An expression of the source; `null`: there is none any more. */
      readonly sql: string | null;
    };

/** What has happened to a table as a whole. */
type TableChangeKind = 'create-table' | 'rename-table' | 'drop-table';

export type SchemaChangeKind = ColumnChange['kind'] | TableChangeKind;

/** A change of a table's shape at its place in the log. */
export interface SchemaChange {
  /** The table after it; of one that is dropped, its names alone. */
  readonly relation: Relation;
  readonly columns: readonly ColumnChange[];
  /** The one it came with. */
  readonly transaction: Transaction | null;
  /** `null` where the log does not say it. */
  readonly statement: string | null;
  /** False when it was inferred from the rows around it: then a renamed column is one that is gone and one that is new. */
  readonly certain: boolean;
  /** Rows that were there before may have other values now, with no change of a row in the log. */
  readonly rewritesRows: boolean;
  /**
   * How the table is stored after it, where the log says that. Then a source need not say `columns`, `certain` and
   * `rewritesRows`: they are worked out by comparing this with how it was stored before.
   */
  readonly storage?: TableStorage;
  /**
   * The table as the log had it before, whose ids in `storage` then count for this change alone; by another name: the table
   * was renamed. Absent: what the checkpoint knows is compared.
   */
  readonly before?: { readonly relation: Relation; readonly storage: TableStorage };
  /** The table was made or dropped. Absent: it was there, and is. */
  readonly table?: Exclude<TableChangeKind, 'rename-table'>;
}
