import { qualifiedName, type Relation } from '@millrace/core';
import type { TableMap } from '../binlog/table-map.ts';
import { definitionOf } from '../rows/definition-of.ts';
import type { RowFormat } from '../rows/row-format.ts';
import { truncatedTable } from '../schema/truncated-table.ts';
import type { BatchBuilder } from '../transactions/batch-builder.ts';
import type { Statement } from '../transactions/transaction-reader.ts';
import type { Captures } from './captures.ts';
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
  readonly #formats: TableFormats;
  readonly #captures: Captures;
  readonly #known = new WeakMap<TableMap, RowFormat | null>();

  constructor(formats: TableFormats, captures: Captures) {
    this.#formats = formats;
    this.#captures = captures;
  }

  newState(): undefined {}

  format(map: TableMap): RowFormat | null {
    let format = this.#known.get(map);
    if (format === undefined) {
      format = this.#captures(map.schema, map.table) ? this.#formats.of(map, loggedDefinition(map)) : null;
      this.#known.set(map, format);
    }
    return format;
  }

  define(statement: Statement, builder: BatchBuilder): void {
    const table = truncatedTable(statement);
    if (table === null || !this.#captures(table.schema, table.table)) return;
    builder.truncate(this.#formats.relation(qualifiedName(table)) ?? unknownRelation(table));
  }
}

/** Throws `METADATA_MISSING`. */
export const loggedDefinition = (map: TableMap) => {
  const definition = definitionOf(map);
  if (definition !== null) return definition;
  const table = qualifiedName(map);
  throw logError('METADATA_MISSING', `Nothing says what the columns of ${table} were when its rows were logged`, {
    hint: "SET PERSIST binlog_row_metadata = 'FULL'; -- for rows that are logged from then on",
    details: { table },
  });
};
