/**
 * One thing that a table has beside its columns and key, in the SQL of its database: of use to a target of the same kind.
 * Names in it are qualified. `validated`: the source has checked it for every row.
 */
export type StructurePart =
  /** `sql`: what follows the name of the table in `CREATE INDEX`. */
  | { readonly kind: 'index'; readonly name: string; readonly sql: string }
  | {
      readonly kind: 'unique';
      readonly name: string;
      /** As of an index. */
      readonly sql: string;
      /** What has to differ together, for every row; `null`: expressions, or only of some rows. */
      readonly columns: readonly string[] | null;
      /** What follows the index in the definition of a constraint, e.g. `DEFERRABLE`, or nothing; `null`: it is none. */
      readonly constraint: string | null;
    }
  /** `sql`: the whole definition of the constraint. */
  | { readonly kind: 'exclusion'; readonly name: string; readonly sql: string }
  | { readonly kind: 'check'; readonly name: string; readonly sql: string; readonly validated: boolean }
  | {
      readonly kind: 'foreign-key';
      readonly name: string;
      readonly columns: readonly string[];
      /** What follows the name of the other table. */
      readonly sql: string;
      readonly references: { readonly schema: string; readonly table: string };
      readonly validated: boolean;
    }
  /** `sql`: an expression. */
  | { readonly kind: 'default'; readonly column: string; readonly sql: string }
  /** Values come from a sequence of the column's own. `sql`: how it counts, as in `GENERATED … AS IDENTITY (…)`. */
  | { readonly kind: 'identity'; readonly column: string; readonly sql: string }
  /** `column: null`: of the table. */
  | { readonly kind: 'comment'; readonly column: string | null; readonly text: string };

/** What tables have beside columns and key, by qualified name. */
export type TableStructures = ReadonlyMap<string, readonly StructurePart[]>;
