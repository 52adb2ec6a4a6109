import type { OtherKind } from '../ddl/statement.ts';
import type { TableModel } from './table-model.ts';

/** The databases that are followed. Names are told apart as the server does. */
export interface SchemaState {
  readonly databases: ReadonlyMap<string, DatabaseModel>;
}

export interface DatabaseModel {
  readonly name: string;
  /** Of tables that do not have their own. */
  readonly collation: string;
  readonly tables: ReadonlyMap<string, TableModel | UnknownTable>;
  /** What shares its names with tables, and is none; `null`: a history that began before they were kept. */
  readonly others: ReadonlyMap<string, OtherKind> | null;
}

/** A table that is not captured, and of which a statement was not understood: it must not become a captured one. */
export interface UnknownTable {
  readonly schema: string;
  readonly table: string;
  readonly unknown: string;
}

export const isUnknown = (table: TableModel | UnknownTable): table is UnknownTable => 'unknown' in table;
