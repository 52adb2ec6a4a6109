/** SQL in the language of a database of one kind. */
interface DatabaseSql {
  readonly sql: string;
  /** Whose language it is. Absent: PostgreSQL's. */
  readonly dialect?: 'mysql' | 'mariadb';
}

/** A column of an ordered index. */
export interface IndexedColumn {
  readonly name: string;
  readonly descending: boolean;
  /** Of how many characters, or bytes, at the beginning of a value; `null`: of all. */
  readonly length: number | null;
  /** By which its texts are compared; `null`: they are equal only when they are the same, or it is no text. */
  readonly collation: string | null;
}

export type ReferentialAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default';

/** The value of a column that nobody says. */
export type DefaultValue =
  /** `text`: as in a row of the source; `null`: NULL. */
  | { readonly kind: 'constant'; readonly text: string | null }
  /** The time of the statement or transaction. `onUpdate`: an update that leaves the column out sets it, too. */
  | { readonly kind: 'now'; readonly onUpdate: boolean };

/**
 * One thing that a table has beside its columns and key: in the SQL of its database, of use to a target of the same kind,
 * and, as far as others have it too, in parts. Names in SQL are qualified. `validated`: the source has checked it for every row.
 */
export type StructurePart =
  /**
   * `sql`: PostgreSQL: what follows the name of the table in `CREATE INDEX`; others: what follows `ADD` in `ALTER TABLE`.
   * `indexed`: what it is over, if it is an ordered index over columns, of every row; otherwise `null`.
   */
  | ({ readonly kind: 'index'; readonly name: string; readonly indexed: readonly IndexedColumn[] | null } & DatabaseSql)
  | ({
      readonly kind: 'unique';
      readonly name: string;
      /** What has to differ together, for every row; `null`: expressions, or only of some rows. */
      readonly columns: readonly string[] | null;
      /** As of an index; rows with a NULL in one of these never collide. */
      readonly indexed: readonly IndexedColumn[] | null;
      /** What follows the index in the definition of a constraint, e.g. `DEFERRABLE`, or nothing; `null`: it is none. */
      readonly constraint: string | null;
    } & DatabaseSql)
  /** `sql`: the whole definition of the constraint. */
  | ({ readonly kind: 'exclusion'; readonly name: string } & DatabaseSql)
  | ({ readonly kind: 'check'; readonly name: string; readonly validated: boolean } & DatabaseSql)
  | ({
      readonly kind: 'foreign-key';
      readonly name: string;
      readonly columns: readonly string[];
      /** `sql`: what follows the name of the other table. `columns`: of that, in the order of the key's own. */
      readonly references: { readonly schema: string; readonly table: string; readonly columns: readonly string[] };
      /** `null`: something that only its database has, such as `SET NULL` of some of the columns. */
      readonly onDelete: ReferentialAction | null;
      readonly onUpdate: ReferentialAction | null;
      /** `full`: all of its columns are NULL, or none. */
      readonly match: 'simple' | 'full';
      /** May be checked at the end of a transaction. */
      readonly deferrable: boolean;
      readonly validated: boolean;
    } & DatabaseSql)
  /** `sql`: an expression. `value`: `null` if it is another one. */
  | ({ readonly kind: 'default'; readonly column: string; readonly value: DefaultValue | null } & DatabaseSql)
  /** Values come from a sequence of the column's own. `sql`: how it counts, as in `GENERATED … AS IDENTITY (…)`. */
  | ({ readonly kind: 'identity'; readonly column: string; readonly increment: string } & DatabaseSql)
  /** `column: null`: of the table. */
  | { readonly kind: 'comment'; readonly column: string | null; readonly text: string };

/** What tables have beside columns and key, by qualified name. */
export type TableStructures = ReadonlyMap<string, readonly StructurePart[]>;
