import type { KeySpec } from '../ddl/statement.ts';
import type { ColumnDefinition, TableDefinition } from '../table-definition.ts';

/** A table with what later statements about it need. */
export interface TableModel {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly ColumnDefinition[];
  readonly keys: readonly KeyModel[];
  /** Of columns that do not have their own. */
  readonly collation: string;
}

export interface KeyModel {
  readonly name: string;
  readonly kind: 'primary' | 'unique' | 'other';
  readonly parts: KeySpec['parts'];
  readonly hash: boolean;
  /** The server has made it for a foreign key, and drops it for one that serves as well. */
  readonly implied: boolean;
}

/** Names of columns and keys are compared without case. */
export const isSameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

export const hasColumn = (columns: readonly ColumnDefinition[], name: string): boolean =>
  columns.some((column) => isSameName(column.name, name));

export const definitionOf = (table: TableModel): TableDefinition => ({
  schema: table.schema,
  table: table.table,
  columns: table.columns,
  primaryKey: primaryKeyOf(table.keys),
  uniqueKeys: uniqueKeysOf(table),
});

const primaryKeyOf = (keys: readonly KeyModel[]): readonly string[] | null => {
  const primary = keys.find((key) => key.kind === 'primary');
  return primary === undefined ? null : primary.parts.flatMap(({ column }) => column ?? []);
};

/** In an order that does not depend on the order in which they were made. */
const uniqueKeysOf = ({ keys, columns }: TableModel): readonly (readonly string[])[] => {
  const isNotNull = (name: string) => columns.some((column) => isSameName(column.name, name) && !column.nullable);
  const unique = keys.flatMap((key) => {
    const names = key.parts.flatMap(({ column, length }) => (column !== null && length === null ? column : []));
    return key.kind === 'unique' && names.length === key.parts.length && names.every(isNotNull) ? [names] : [];
  });
  return unique.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
};
