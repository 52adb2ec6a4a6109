import type { Operation } from '../model/change.ts';

export interface SelectedTable {
  readonly name: string;
  readonly operations: readonly Operation[];
  /** The columns that are delivered; absent: all. A source may leave out the others when it reads rows. */
  readonly columns?: readonly string[] | undefined;
  /** The columns that are not. */
  readonly exclude?: readonly string[] | undefined;
  /** Only rows for which it holds, as SQL of the source: a row that comes to hold it is inserted, one that ceases to, deleted. */
  readonly where?: string | undefined;
  /** The columns by which rows are told apart, for a table of which the log says whole rows. */
  readonly key?: readonly string[] | undefined;
  /**
   * Its rows are those of this query, as SQL of the source, and `operations` is empty: they are copied, and whatever the log
   * says under this name is of another table.
   */
  readonly query?: string | undefined;
}

const everyOperation: readonly Operation[] = ['insert', 'update', 'delete', 'truncate'];

interface TableChoice extends Omit<SelectedTable, 'operations'> {
  readonly operations?: readonly Operation[] | undefined;
}

/** The `tables` option in one form. Names without a schema get the source's default one. */
export const selectedTables = (
  tables: readonly (string | TableChoice)[],
  defaultSchema: string | undefined,
): readonly SelectedTable[] =>
  tables.map((table) => {
    const { name, operations, columns, exclude, where, key, query }: TableChoice =
      typeof table === 'string' ? { name: table } : table;
    return {
      name: qualified(name, defaultSchema),
      operations: query === undefined ? (operations ?? everyOperation) : [],
      ...(columns === undefined ? {} : { columns }),
      ...(exclude === undefined ? {} : { exclude }),
      ...(where === undefined ? {} : { where }),
      ...(key === undefined ? {} : { key }),
      ...(query === undefined ? {} : { query }),
    };
  });

export const qualified = (name: string, defaultSchema: string | undefined): string =>
  name.includes('.') || defaultSchema === undefined ? name : `${defaultSchema}.${name}`;

const matches = (pattern: string, table: string): boolean => {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(table);
};

/**
 * The entries that say something of `schema.table`. In a pattern `*` stands for any characters. A table's own entry says
 * everything about it; without one every pattern that matches counts.
 */
export const entriesFor = <T extends { readonly name: string }>(tables: readonly T[], table: string): readonly T[] => {
  const own = tables.filter(({ name }) => name === table);
  return own.length > 0 ? own : tables.filter(({ name }) => name.includes('*') && matches(name, table));
};

/** The operations that are captured of `schema.table`, `null` when none are. No entries at all: everything is captured. */
export const capturedOperations = (tables: readonly SelectedTable[], table: string): ReadonlySet<Operation> | null => {
  if (tables.length === 0) return new Set(everyOperation);
  const operations = new Set(entriesFor(tables, table).flatMap((found) => found.operations));
  return operations.size === 0 ? null : operations;
};

/** Tells the columns of `schema.table` that are delivered from those that are left out. */
export const capturesColumn = (
  tables: readonly Pick<SelectedTable, 'name' | 'columns' | 'exclude'>[],
  table: string,
): ((column: string) => boolean) => {
  const found = entriesFor(tables, table);
  return (column) =>
    found.every(({ columns, exclude }) => columns?.includes(column) !== false && exclude?.includes(column) !== true);
};

/** How the user names tables, where that is not `schema.table`: `public.users` -> `users`. */
export const spellings = (names: readonly string[], defaultSchema: string | undefined): ReadonlyMap<string, string> =>
  new Map(names.filter((name) => !name.includes('.')).map((name) => [qualified(name, defaultSchema), name]));
