import { NotUnderstood } from '../ddl/not-understood.ts';
import type { CharsetSpec, ColumnSpec, KeySpec } from '../ddl/statement.ts';
import { resolveCollation } from './collation.ts';
import { resolveColumn } from './column-type.ts';
import { addKeys, withPrimaryKeyNotNull } from './keys.ts';
import type { SchemaSettings } from './schema-settings.ts';
import { hasColumn, type TableModel } from './table-model.ts';

export interface CreatedTable {
  readonly columns: readonly ColumnSpec[];
  readonly keys: readonly KeySpec[];
  readonly charset: CharsetSpec;
}

/** The table that a server makes of what is written. */
export const createTable = (
  name: { readonly schema: string; readonly table: string },
  body: CreatedTable,
  databaseCollation: string,
  settings: SchemaSettings,
): TableModel => {
  const collation = resolveCollation(body.charset, databaseCollation, settings);
  const columns = body.columns.map((column) => resolveColumn(column, collation, settings));
  const twice = columns.find((column, index) => hasColumn(columns.slice(0, index), column.name));
  if (twice !== undefined) throw new NotUnderstood(`a second column ${twice.name}`);
  const keys = addKeys([], body.keys, columns);
  return { ...name, columns: withPrimaryKeyNotNull(columns, keys), keys, collation };
};
