import { qualifiedName, type Transaction } from '@millrace/core';
import type { TableMap } from '../binlog/table-map.ts';
import { describedRelation } from '../rows/described-relation.ts';
import type { RowFormat } from '../rows/row-format.ts';
import { schemaChangesOf } from '../schema/changes/schema-changes.ts';
import { isFollowed } from '../schema/followed-databases.ts';
import type { SchemaScope } from '../schema/model/schema-draft.ts';
import { readSchemaHistory, writeSchemaHistory } from '../schema/schema-history.ts';
import type { SchemaModel } from '../schema/schema-model.ts';
import type { BatchBuilder } from '../transactions/batch-builder.ts';
import type { Statement } from '../transactions/transaction-reader.ts';
import { maybeSequence } from './is-sequence.ts';
import type { LoggedTables } from './log-decoder.ts';
import { loggedDefinition } from './logged-metadata.ts';
import type { TableFormats } from './table-formats.ts';

/** The schema as it is saved with the position that it belongs to. */
export const schemaState = (model: SchemaModel): string => writeSchemaHistory(model, '');

/** Throws `SCHEMA_HISTORY_LOST`. */
export const schemaOfState = (state: string | undefined, scope: SchemaScope): SchemaModel =>
  readSchemaHistory(state ?? null, '', scope);

/** The schema as it is at each place of the log: that at its beginning, with the statements that followed. */
export class LoggedSchema implements LoggedTables {
  readonly #formats: TableFormats;
  readonly #captured: SchemaScope['captured'];
  #model: SchemaModel;
  #said: { readonly model: SchemaModel; readonly state: string };
  #known = new WeakMap<TableMap, RowFormat | null>();

  constructor(model: SchemaModel, { captured }: SchemaScope, formats: TableFormats) {
    this.#model = model;
    this.#said = { model, state: schemaState(model) };
    this.#formats = formats;
    this.#captured = captured;
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
    const format = this.#captured(map.schema, map.table) ? this.#read(map) : null;
    this.#known.set(map, format);
    return format;
  }

  define(statement: Statement, builder: BatchBuilder, transaction: Transaction): void {
    const { model, effects } = this.#model.apply(statement);
    if (model === this.#model && effects.length === 0) return;
    // What lies before it goes out with the schema that was in force there.
    builder.cut();
    this.#model = model;
    this.#known = new WeakMap();
    for (const change of schemaChangesOf(effects, statement, transaction, this.#captured)) builder.schemaChange(change);
    for (const effect of effects)
      if (effect.kind === 'table-truncated' && this.#captured(effect.table.schema, effect.table.table))
        builder.truncate(this.#formats.relation(qualifiedName(effect.table)) ?? describedRelation(effect.table));
  }

  #read(map: TableMap): RowFormat | null {
    const known = this.#model.definition(map.schema, map.table);
    // What is followed and is none of the tables is a sequence.
    if (known === null && isFollowed(this.#model.followed, map.schema) && maybeSequence(map)) return null;
    return this.#formats.of(map, known ?? loggedDefinition(map));
  }
}
