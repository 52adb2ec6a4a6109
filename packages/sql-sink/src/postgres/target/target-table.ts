/** A column as the target's catalog describes it. */
export interface TargetColumn {
  readonly name: string;
  /** As people write it, e.g. `numeric(10,2)`. */
  readonly type: string;
  /** The type alone as SQL, without length or precision, e.g. `pg_catalog."numeric"`. */
  readonly typeReference: string;
  readonly notNull: boolean;
  /** As SQL; `null`: it has none. */
  readonly default: string | null;
  /** `a`: GENERATED ALWAYS AS IDENTITY, `d`: BY DEFAULT, empty: none. */
  readonly identity: string;
  /** Computed by the target from other columns. */
  readonly generated: boolean;
  /** Whether equal values have equal text, as far as the collation says. */
  readonly deterministic: boolean;
}

/** A column of an index, and the operator under which its values are unique. */
export interface IndexColumn {
  readonly name: string;
  /** SQL: `=`, or `OPERATOR("schema".=)` for a type of an extension. */
  readonly equals: string;
}

/** A table of the target as its catalog describes it. */
export interface TargetTable {
  readonly oid: string;
  readonly schema: string;
  readonly table: string;
  /** `pg_class.relkind`: `r` a table, `p` a partitioned one; everything else cannot be written. */
  readonly kind: string;
  /** Whether a trigger, rule or foreign key acts in this session that can do something else than a statement says. */
  readonly interferes: boolean;
  /** Whether another server writes some of its rows. */
  readonly foreignPartitions: boolean;
  /** Whether the server knows infinite intervals: others read their binary form as huge finite ones. */
  readonly infiniteIntervals: boolean;
  /** The primary key; `null`: there is none. */
  readonly primaryKey: { readonly name: string; readonly columns: readonly string[] } | null;
  readonly columns: readonly TargetColumn[];
  /** Unique indexes that identify rows: whole, valid, immediate, over plain columns. */
  readonly uniqueIndexes: readonly (readonly IndexColumn[])[];
}
