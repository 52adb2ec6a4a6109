import type { TableName } from './token-reader.ts';

/** The type of a column as it is written, its synonyms replaced. */
export interface TypeSpec {
  /** In lower case, one of the names that the servers give types themselves. */
  readonly name: string;
  /** Length, precision and digits. */
  readonly numbers: readonly number[];
  /** Of an ENUM or SET. */
  readonly values: readonly string[];
  readonly unsigned: boolean;
  readonly zerofill: boolean;
  /** `binary` for `BYTE`, too. */
  readonly charset: string | null;
  /** `BINARY` behind a character type: the binary collation of its character set. */
  readonly binaryCollation: boolean;
  readonly compressed: boolean;
}

/** What rows that are there get in a column that is added. `constant`: a literal, as SQL text. */
export type ColumnFill =
  | { readonly kind: 'null' }
  | { readonly kind: 'constant'; readonly sql: string }
  /** NOT NULL without a default: the zero of its type. */
  | { readonly kind: 'zero' }
  /** An expression, a number of a sequence, a generated value: only the server knows. */
  | { readonly kind: 'computed' };

export interface ColumnSpec {
  readonly name: string;
  readonly type: TypeSpec;
  readonly collation: string | null;
  /** `null`: not said. */
  readonly nullable: boolean | null;
  readonly autoIncrement: boolean;
  readonly default: 'none' | 'null' | { readonly constant: string } | 'computed';
  readonly generated: 'stored' | 'virtual' | null;
  readonly invisible: boolean;
}

export interface KeySpec {
  readonly kind: 'primary' | 'unique' | 'other' | 'foreign';
  /** `null`: the server makes one up. */
  readonly name: string | null;
  readonly parts: readonly KeyPart[];
  /** `USING HASH`: MariaDB keeps it so, if it is unique, however short it is. */
  readonly hash: boolean;
  readonly ifNotExists: boolean;
}

export interface KeyPart {
  /** `null`: an expression. */
  readonly column: string | null;
  /** Of a prefix. */
  readonly length: number | null;
}

export interface CharsetSpec {
  readonly charset: string | null;
  readonly collation: string | null;
}

export type ColumnPlace = 'last' | 'first' | { readonly after: string };

export type AlterClause =
  | {
      readonly kind: 'add-column';
      readonly column: ColumnSpec;
      readonly place: ColumnPlace;
      readonly ifNotExists: boolean;
    }
  /** `CHANGE`, and `MODIFY` with the same name twice. `place: null`: it stays where it is. */
  | {
      readonly kind: 'change-column';
      readonly from: string;
      readonly column: ColumnSpec;
      readonly place: ColumnPlace | null;
      readonly ifExists: boolean;
    }
  | { readonly kind: 'drop-column'; readonly name: string; readonly ifExists: boolean }
  | { readonly kind: 'rename-column'; readonly from: string; readonly to: string; readonly ifExists: boolean }
  | { readonly kind: 'set-visible'; readonly name: string; readonly visible: boolean }
  | { readonly kind: 'set-default'; readonly name: string; readonly default: ColumnSpec['default'] }
  | { readonly kind: 'add-key'; readonly key: KeySpec }
  | { readonly kind: 'drop-key'; readonly name: string; readonly ifExists: boolean }
  /** Of a key, a foreign key or a check. */
  | { readonly kind: 'drop-constraint'; readonly name: string }
  | { readonly kind: 'rename-key'; readonly from: string; readonly to: string; readonly ifExists: boolean }
  | { readonly kind: 'convert'; readonly to: CharsetSpec }
  | { readonly kind: 'default-charset'; readonly to: CharsetSpec }
  | { readonly kind: 'rename-table'; readonly to: TableName }
  | { readonly kind: 'exchange-partition'; readonly with: TableName }
  /** Rows come or go without being logged. */
  | { readonly kind: 'rewrite-rows'; readonly reason: string };

/** What shares its names with tables, and is none. */
export type OtherKind = 'view' | 'sequence';

/** What a statement does to schemas. What does nothing to them is `irrelevant`. */
export type Statement =
  | { readonly kind: 'irrelevant' }
  | {
      readonly kind: 'create-table';
      readonly table: TableName;
      readonly orReplace: boolean;
      readonly ifNotExists: boolean;
      readonly body:
        | { readonly like: TableName }
        | { readonly columns: readonly ColumnSpec[]; readonly keys: readonly KeySpec[]; readonly charset: CharsetSpec };
    }
  | {
      readonly kind: 'alter-table';
      readonly table: TableName;
      readonly ifExists: boolean;
      readonly clauses: readonly AlterClause[];
    }
  | { readonly kind: 'drop-tables'; readonly tables: readonly TableName[] }
  | {
      readonly kind: 'rename-tables';
      readonly ifExists: boolean;
      readonly pairs: readonly { readonly from: TableName; readonly to: TableName }[];
    }
  /** `CREATE VIEW`, `CREATE SEQUENCE`. */
  | {
      readonly kind: 'create-other';
      readonly what: OtherKind;
      readonly name: TableName;
      readonly orReplace: boolean;
      readonly ifNotExists: boolean;
    }
  | { readonly kind: 'drop-others'; readonly what: OtherKind; readonly names: readonly TableName[] }
  | { readonly kind: 'truncate'; readonly table: TableName }
  | {
      readonly kind: 'create-database';
      readonly name: string;
      readonly orReplace: boolean;
      readonly ifNotExists: boolean;
      readonly charset: CharsetSpec;
    }
  /** `name: null`: the current database of the statement. */
  | { readonly kind: 'alter-database'; readonly name: string | null; readonly charset: CharsetSpec }
  | { readonly kind: 'drop-database'; readonly name: string };
