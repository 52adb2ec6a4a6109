/** A column as the target's catalog describes it. */
export interface TargetColumn {
  readonly name: string;
  /** The type alone, in lower case: `varchar`. */
  readonly dataType: string;
  /** The whole type: `varchar(20)`, `int unsigned`. */
  readonly type: string;
  readonly nullable: boolean;
  readonly hasDefault: boolean;
  readonly autoIncrement: boolean;
  /** What the target sets it to in an update that leaves it out, as SQL; `null`: it stays. */
  readonly onUpdate: string | null;
  /** Computed by the target from other columns. */
  readonly generated: boolean;
  /** `null`: it is no text. */
  readonly collation: string | null;
}

export interface UniqueIndex {
  /** That of the primary key is `PRIMARY`. */
  readonly name: string;
  /** `null`: it is over expressions, or over the beginnings of columns. */
  readonly columns: readonly string[] | null;
}

/** A table of the target as its catalog describes it. */
export interface TargetTable {
  readonly database: string;
  readonly table: string;
  /** `BASE TABLE`, `VIEW`, … */
  readonly kind: string;
  readonly engine: string | null;
  readonly columns: readonly TargetColumn[];
  readonly uniqueIndexes: readonly UniqueIndex[];
  /** Names of its triggers, which act in every session. */
  readonly triggers: readonly string[];
}
