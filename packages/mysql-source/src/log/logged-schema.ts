import type { Transaction } from '@millrace/core';
import { capturedOperations, type SelectedTable } from '@millrace/core';
import type { TableMap } from '../binlog/table-map.ts';
import { definitionOf } from '../rows/definition-of.ts';
import { describedRelation } from '../rows/described-relation.ts';
import type { RowFormat } from '../rows/row-format.ts';
import type { SchemaScope } from '../schema/model/schema-draft.ts';
import { readSchemaHistory, writeSchemaHistory } from '../schema/schema-history.ts';
import type { SchemaModel } from '../schema/schema-model.ts';
import type { BatchBuilder } from '../transactions/batch-builder.ts';
import type { Statement } from '../transactions/transaction-reader.ts';
import type { LoggedTables } from './log-decoder.ts';
import { logError } from './log-errors.ts';
import type { TableFormats } from './table-formats.ts';

/** Whether a table is captured. */
export type Captures = (schema: string, table: string) => boolean;

/** What is asked for; with no names, everything in the database of the connection, or in all but the server's own. */
export const captures =
  (tables: readonly SelectedTable[], database: string | null): Captures =>
  (schema, table) =>
    tables.length === 0
      ? schema === (database ?? schema) && !/^(mysql|sys|performance_schema|information_schema)$/i.test(schema)
      : capturedOperations(tables, `${schema}.${table}`) !== null;

/** The schema as it is saved with the position that it belongs to. */
export const schemaState = (model: SchemaModel): string => writeSchemaHistory(model, '');

/** Throws `SCHEMA_HISTORY_LOST`. */
export const schemaOfState = (state: string | undefined, scope: SchemaScope): SchemaModel =>
  readSchemaHistory(state ?? null, '', scope);

/** The schema as it is at each place of the log: that at its beginning, with the statements that followed. */
export class LoggedSchema implements LoggedTables {
  readonly #formats: TableFormats;
  readonly #captures: Captures;
  #model: SchemaModel;
  #said: { readonly model: SchemaModel; readonly state: string };
  #known = new WeakMap<TableMap, RowFormat | null>();

  constructor(model: SchemaModel, formats: TableFormats, captures: Captures) {
    this.#model = model;
    this.#said = { model, state: schemaState(model) };
    this.#formats = formats;
    this.#captures = captures;
  }

  newState(): string | undefined {
    if (this.#said.model === this.#model) return undefined;
    const state = schemaState(this.#model);
    if (state === this.#said.state) return undefined;
    this.#said = { model: this.#model, state };
    return state;
  }

  format(map: TableMap): RowFormat | null {
    const known = this.#known.get(map);
    if (known !== undefined) return known;
    const format = this.#captures(map.schema, map.table) ? this.#read(map) : null;
    this.#known.set(map, format);
    return format;
  }

  define(statement: Statement, builder: BatchBuilder, _transaction: Transaction): void {
    // What lies before it goes out with the schema that was in force there.
    builder.cut();
    const { model, effects } = this.#model.apply(statement);
    this.#model = model;
    this.#known = new WeakMap();
    for (const effect of effects)
      if (effect.kind === 'table-truncated' && this.#captures(effect.table.schema, effect.table.table))
        builder.truncate(describedRelation(effect.table));
  }

  #read(map: TableMap): RowFormat {
    const definition = this.#model.definition(map.schema, map.table) ?? definitionOf(map);
    if (definition === null)
      throw logError('METADATA_MISSING', `Nothing says what the columns of ${map.schema}.${map.table} are`, {
        hint: "SET PERSIST binlog_row_metadata = 'FULL'",
        details: { table: `${map.schema}.${map.table}` },
      });
    return this.#formats.of(map, definition);
  }
}
