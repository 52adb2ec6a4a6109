/**
 * What the values of a column are, whatever database they come from. It decides the JavaScript form of a value
 * (docs/values.md); the database's own type is beside it in `Column.native`.
 */
export type ValueType =
  | 'smallint'
  | 'int'
  | 'bigint'
  | 'decimal'
  | 'float'
  | 'boolean'
  | 'text'
  | 'bytes'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'interval'
  | 'json'
  | 'uuid'
  | 'array'
  | 'other';

export interface Column {
  readonly name: string;
  readonly type: ValueType;
  /** What the elements of an `array` are, at whatever depth. */
  readonly element?: ValueType;
  /** What stands between the elements in the text of an `array`. Absent: a comma. */
  readonly delimiter?: string;
  /**
   * The exact text of a JavaScript value, or of an element of an `array`, where the source gives such values a form of
   * their own; `undefined`: as for any value of its type. Does not travel with a relation that is stored.
   */
  readonly encode?: (value: unknown) => string | undefined;
  /** The type as its database writes it, e.g. `numeric(10,2)`. */
  readonly native: string;
  /** `null` when the log does not say. */
  readonly nullable: boolean | null;
  /** Computed by the database from other columns: never written by a sink. */
  readonly generated: boolean;
  /** Masked: every value is a text of so many characters, whatever the source has. Absent for other columns. */
  readonly textLength?: number;
}

/** A table as its source described it at one point of the log. Immutable: every new shape is a new object. */
export interface Relation {
  readonly schema: string;
  readonly table: string;
  readonly version: number;
  readonly columns: readonly Column[];
  /**
   * Indexes into `columns` of what the log identifies rows by: the replica identity's index, or the primary key of
   * a table logged with full rows. `null`: rows cannot be identified by a key.
   */
  readonly key: readonly number[] | null;
  /** `key`: the primary key is logged; `index`: another unique index; `full`: whole rows; `none`: nothing. */
  readonly identity: 'key' | 'index' | 'full' | 'none';
  /** Whose types `Column.native` names: `mysql` for those of MySQL and MariaDB. Absent: PostgreSQL's. */
  readonly dialect?: 'mysql';
  /** What the source lets occur only once. Absent where nobody has looked, as in what the log says. */
  readonly unique?: readonly UniqueIndex[];
}

/** Texts as the database writes them: equal ones mean the same in two databases of one kind. */
export interface UniqueIndex {
  /** What has to differ together: columns, quoted where they need it, or expressions. */
  readonly terms: readonly string[];
  /** The rows it holds; `null`: all. */
  readonly predicate: string | null;
  /** NULL is a value like any other. */
  readonly nullsEqual: boolean;
}

/** `schema.table`, the name that options, statistics and events use. */
export const qualifiedName = (relation: Pick<Relation, 'schema' | 'table'>): string =>
  `${relation.schema}.${relation.table}`;
