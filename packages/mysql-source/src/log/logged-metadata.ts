import { qualifiedName, type Relation } from '@millrace/core';
import { binlogError } from '../binlog/binlog-errors.ts';
import { queryKind } from '../binlog/query-kind.ts';
import type { TableMap } from '../binlog/table-map.ts';
import { definitionOf } from '../rows/definition-of.ts';
import type { RowFormat } from '../rows/row-format.ts';
import { NotUnderstood } from '../schema/ddl/not-understood.ts';
import { parseLogged } from '../schema/logged-statement.ts';
import type { SchemaScope } from '../schema/model/schema-draft.ts';
import type { BatchBuilder } from '../transactions/batch-builder.ts';
import type { Statement } from '../transactions/transaction-reader.ts';
import { MalformedValue } from '../values/malformed-value.ts';
import { maybeSequence } from './is-sequence.ts';
import type { LoggedTables } from './log-decoder.ts';
import { logError } from './log-errors.ts';
import type { TableFormats } from './table-formats.ts';

/** Of a table whose columns nobody has said yet. */
const unknownRelation = (names: Pick<Relation, 'schema' | 'table'>): Relation => ({
  ...names,
  version: 0,
  columns: [],
  key: null,
  identity: 'none',
  dialect: 'mysql',
});

/** Tables as the log itself describes them: there is no history of them, because reading begins in the past. */
export class LoggedMetadata implements LoggedTables {
  readonly #scope: SchemaScope;
  readonly #formats: TableFormats;
  readonly #known = new WeakMap<TableMap, RowFormat | null>();

  constructor(scope: SchemaScope, formats: TableFormats) {
    this.#scope = scope;
    this.#formats = formats;
  }

  newState(): undefined {}

  format(map: TableMap): RowFormat | null {
    let format = this.#known.get(map);
    if (format === undefined) {
      const definition = this.#scope.captured(map.schema, map.table) ? loggedDefinition(map) : null;
      format = definition === null || maybeSequence(map) ? null : this.#formats.of(map, definition);
      this.#known.set(map, format);
    }
    return format;
  }

  define(statement: Statement, builder: BatchBuilder): void {
    // Tables may have another shape behind it, and no batch holds rows of both.
    builder.cut();
    const table = this.#truncated(statement);
    if (table !== null && this.#scope.captured(table.schema, table.table))
      builder.truncate(this.#formats.relation(qualifiedName(table)) ?? unknownRelation(table));
  }

  #truncated(statement: Statement): Pick<Relation, 'schema' | 'table'> | null {
    if (queryKind(statement.sql).kind === 'data')
      throw binlogError('STATEMENT_LOGGED', 'The log has a statement that changes rows instead of the rows', {
        hint: 'SET GLOBAL binlog_format = ROW, and end sessions that were there before, or set their own.',
      });
    try {
      const parsed = parseLogged(statement, this.#scope.settings);
      if (parsed.kind !== 'truncate') return null;
      return { schema: parsed.table.schema ?? statement.schema, table: parsed.table.table };
    } catch (error) {
      // What it did to columns the log says with the rows that follow.
      if (error instanceof NotUnderstood) return null;
      throw error;
    }
  }
}

/** `null`: the log says too little, or names values of an ENUM or SET that are none in its character set. */
const readDefinition = (map: TableMap) => {
  try {
    return definitionOf(map);
  } catch (error) {
    if (error instanceof MalformedValue) return null;
    throw error;
  }
};

/** Throws `METADATA_MISSING`. */
export const loggedDefinition = (map: TableMap) => {
  const definition = readDefinition(map);
  if (definition !== null) return definition;
  const table = qualifiedName(map);
  throw logError('METADATA_MISSING', `Nothing says what the columns of ${table} were when its rows were logged`, {
    hint: "SET PERSIST binlog_row_metadata = 'FULL'; -- for rows that are logged from then on",
    details: { table },
  });
};
