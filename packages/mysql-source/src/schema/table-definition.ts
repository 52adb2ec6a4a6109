/**
 * A table as it was when its rows were logged: what decoding them takes. It comes from the log's own metadata where that
 * is complete, and from the history of the schema otherwise.
 */
export interface TableDefinition {
  readonly schema: string;
  readonly table: string;
  /** In the order of the table, invisible and generated ones included. */
  readonly columns: readonly ColumnDefinition[];
  /** Names of columns; `null`: there is none. */
  readonly primaryKey: readonly string[] | null;
  /** Other unique keys whose columns are all NOT NULL; absent where nobody can tell, as in the log's metadata. */
  readonly uniqueKeys?: readonly (readonly string[])[];
  /** How many columns rows may have behind these for unique keys that MariaDB keeps by a hash; absent: none. */
  readonly mostHashes?: number;
}

export interface ColumnDefinition {
  readonly name: string;
  /**
   * As `information_schema.COLUMNS.COLUMN_TYPE` has it, in lower case, without the width of integers: `int unsigned`,
   * `varchar(20)`, `enum('a','it''s')`, `datetime(6)`. `tinyint(1)` keeps its width where that is known.
   */
  readonly type: string;
  /** The collation of a character type, ENUM or SET by name, e.g. `utf8mb4_0900_ai_ci`; `null` for other types. */
  readonly collation: string | null;
  readonly nullable: boolean;
  readonly generated: 'stored' | 'virtual' | null;
  readonly invisible: boolean;
}
