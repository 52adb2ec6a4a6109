/**
 * What tells whether the rows of a table may have got other values with no change of a row in the log. Texts that mean
 * something only beside an earlier description by the same source.
 */
export interface TableStorage {
  /** Stays with the table under another name, and is never that of another table. Absent: not known. */
  readonly id?: string;
  /** Another one when every row was written anew. */
  readonly heap: string;
  /** The tables that hold its rows, of one that has none of its own. Absent: it has its own, or they are not known. */
  readonly parts?: Readonly<Record<string, StoragePart>>;
  /** Another one when the log may have left out changes of its rows for a time. Absent: not known. */
  readonly logging?: string;
  /** The columns that are there, by name. */
  readonly columns: Readonly<Record<string, ColumnStorage>>;
}

export interface ColumnStorage {
  /** Never that of an earlier column of the table; a renamed column keeps its own. */
  readonly id: string;
  /** Another one when the column's definition may have changed. */
  readonly revision: string;
  /** The text of the value of rows that are older than the column, as long as the heap stays the same; `null`: NULL. */
  readonly fill: string | null;
  /** Absent: not known. */
  readonly nullable?: boolean;
  /** An expression of the source; `null`: there is none. Absent: not known. */
  readonly default?: string | null;
}

/** By an id that none gets again once it was taken out. */
export interface StoragePart {
  readonly heap: string;
  /** It may have had rows before it was a part. */
  readonly hadRows: boolean;
}
