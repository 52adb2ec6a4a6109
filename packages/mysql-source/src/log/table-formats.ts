import { qualifiedName, type Relation } from '@millrace/core';
import type { TableMap } from '../binlog/table-map.ts';
import type { RowFormat } from '../rows/row-format.ts';
import { tableFormat } from '../rows/table-format.ts';
import type { TableDefinition } from '../schema/table-definition.ts';
import type { ZeroDates } from '../values/zero-dates.ts';

interface Entry {
  readonly signature: string;
  readonly format: RowFormat;
}

/**
 * How the rows of each table are read. A table keeps its `Relation` object as long as it stays the same in what matters,
 * however often the log describes it, and over connections.
 */
export class TableFormats {
  readonly #zeroDates: ZeroDates;
  readonly #entries = new Map<string, Entry>();
  /** Also counts on when a table of the same name is made anew. */
  readonly #versions = new Map<string, number>();

  constructor(zeroDates: ZeroDates) {
    this.#zeroDates = zeroDates;
  }

  /** A table, by `schema.table`, as its rows had it last. */
  relation(table: string): Relation | undefined {
    return this.#entries.get(table)?.format.relation;
  }

  /** Throws `SHAPE_MISMATCH` or `TYPE_UNREADABLE`. */
  of(map: TableMap, definition: TableDefinition): RowFormat {
    const table = qualifiedName(map);
    const { tableId: _, ...shape } = map;
    const signature = JSON.stringify([shape, definition]);
    const known = this.#entries.get(table);
    if (known?.signature === signature) return known.format;
    const version = (this.#versions.get(table) ?? 0) + 1;
    const format = tableFormat(map, definition, { version, zeroDates: this.#zeroDates });
    this.#versions.set(table, version);
    this.#entries.set(table, { signature, format });
    return format;
  }
}
