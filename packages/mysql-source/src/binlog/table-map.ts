/**
 * What a table map event says of a table (MySQL source documentation, "Table_map_event"; MariaDB knowledge base,
 * "TABLE_MAP_EVENT"). Rows that follow name it by its number.
 */
export interface TableMap {
  /** 48 bits. The server gives a table another number whenever it opens it anew. */
  readonly tableId: number;
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly MappedColumn[];
  /** Indexes into `columns`, those of a key over prefixes included; `null`: the log does not say, or there is none. */
  readonly primaryKey: readonly number[] | null;
}

/** What is optional is there with `binlog_row_metadata=FULL` only; signedness and charsets with `MINIMAL`, too. */
export interface MappedColumn {
  /** `MYSQL_TYPE_…` as rows have it: ENUM and SET themselves, not the string type that stands for them. */
  readonly type: number;
  /**
   * By type. CHAR, BINARY, VARCHAR, VARBINARY: the most bytes of a value. BLOB, JSON, GEOMETRY, VECTOR: bytes of the
   * length before a value. ENUM, SET, FLOAT, DOUBLE: bytes of a value. BIT: bits. DECIMAL: its precision times 256, and
   * its scale. Temporal types: fractional digits. 0 for others.
   */
  readonly metadata: number;
  readonly nullable: boolean;
  readonly name?: string;
  readonly unsigned?: boolean;
  /** Number of the collation of a character type, or of an ENUM or SET; 63: bytes. */
  readonly collation?: number;
  /** The values of an ENUM or SET, in the character set of the column. */
  readonly values?: readonly Buffer[];
  /** The kind of geometry. */
  readonly geometry?: number;
  readonly visible?: boolean;
  /** Of a vector. */
  readonly dimensions?: number;
}
