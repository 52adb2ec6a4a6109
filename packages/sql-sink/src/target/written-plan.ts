import type { Relation } from '@millrace/core';

/** A column of a relation that its target table has. */
export interface WrittenColumn {
  /** Its place in `relation.columns`. */
  readonly index: number;
  readonly name: string;
  /** False for columns that the source or the target computes. */
  readonly written: boolean;
  /** May be inserted with a given value, never updated to one. */
  readonly always: boolean;
}

/** How changes of one relation reach its target table, whatever the target is. */
export interface WrittenPlan<C extends WrittenColumn = WrittenColumn> {
  /** Tells plans apart, also two of one table. */
  readonly id: number;
  /** The table as it is called at the target. */
  readonly relation: Relation;
  /** The table as the source calls it: the same columns in the same places. */
  readonly source: Relation;
  readonly columns: readonly C[];
  readonly written: readonly C[];
  readonly key: readonly C[] | null;
  /** Rows can be told apart by the text of their key, at the source as at the target. */
  readonly foldable: boolean;
  /** Throws `VALUE_REJECTED` for a text that no value of the target can hold. */
  readonly checkText: (text: string, column: WrittenColumn) => string;
}

/** The columns of a plan. */
export type ColumnOf<P extends WrittenPlan> = P['columns'][number];
