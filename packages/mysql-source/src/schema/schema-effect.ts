import type { ColumnFill, ColumnSpec } from './ddl/statement.ts';
import type { ColumnDefinition, TableDefinition } from './table-definition.ts';

/** What a statement of the log did to a table. Statements of no consequence have no effects. */
export type SchemaEffect =
  | { readonly kind: 'table-created'; readonly after: TableDefinition }
  | { readonly kind: 'table-dropped'; readonly before: TableDefinition }
  /**
   * `replaced`: the table that had the name before the statement: gh-ost and pt-online-schema-change put a copy of a
   * table in its place so. One statement may rename several tables; each effect says what is true behind all of it.
   */
  | {
      readonly kind: 'table-renamed';
      readonly before: TableDefinition;
      readonly after: TableDefinition;
      readonly replaced: TableDefinition | null;
    }
  | {
      readonly kind: 'table-changed';
      readonly before: TableDefinition;
      readonly after: TableDefinition;
      readonly changes: readonly TableChange[];
    }
  /** Of a captured table whose database is not followed the columns are not known. */
  | { readonly kind: 'table-truncated'; readonly table: TableDefinition };

export type TableChange =
  /** `fill`: what the rows that are there have in it. */
  | { readonly kind: 'column-added'; readonly column: ColumnDefinition; readonly fill: ColumnFill }
  | { readonly kind: 'column-dropped'; readonly name: string }
  | { readonly kind: 'column-renamed'; readonly from: string; readonly to: string }
  /** Anything but name and place. The values that are there were converted, which the log does not show. */
  | { readonly kind: 'column-retyped'; readonly from: ColumnDefinition; readonly to: ColumnDefinition }
  /** It may be the one that it had. */
  | { readonly kind: 'default-set'; readonly name: string; readonly default: ColumnSpec['default'] }
  | { readonly kind: 'column-moved'; readonly name: string }
  | { readonly kind: 'keys-changed' }
  /** Rows came, went or got other values, and the log does not have them: the table has to be copied anew. */
  | { readonly kind: 'rows-rewritten'; readonly reason: string };
