import type { Operation } from '../model/change.ts';

export interface SelectedTable {
  readonly name: string;
  readonly operations: readonly Operation[];
}

const everyOperation: readonly Operation[] = ['insert', 'update', 'delete', 'truncate'];

/** The `tables` option in one form. Names without a schema get the source's default one. */
export const selectedTables = (
  tables: readonly (string | { readonly name: string; readonly operations?: readonly Operation[] | undefined })[],
  defaultSchema: string | undefined,
): readonly SelectedTable[] =>
  tables.map((table) => {
    const { name, operations } = typeof table === 'string' ? { name: table, operations: undefined } : table;
    return { name: qualified(name, defaultSchema), operations: operations ?? everyOperation };
  });

export const qualified = (name: string, defaultSchema: string | undefined): string =>
  name.includes('.') || defaultSchema === undefined ? name : `${defaultSchema}.${name}`;

/**
 * The operations that are captured of a table, `null` when none are. A table's own entry wins over a pattern.
 */
export const capturedOperations = (tables: readonly SelectedTable[], table: string): ReadonlySet<Operation> | null => {
  if (tables.length === 0) return new Set(everyOperation);
  const pattern = `${table.slice(0, table.indexOf('.'))}.*`;
  const found = tables.find(({ name }) => name === table) ?? tables.find(({ name }) => name === pattern);
  return found === undefined ? null : new Set(found.operations);
};

/** How the user names tables, where that is not `schema.table`: `public.users` -> `users`. */
export const spellings = (names: readonly string[], defaultSchema: string | undefined): ReadonlyMap<string, string> =>
  new Map(names.filter((name) => !name.includes('.')).map((name) => [qualified(name, defaultSchema), name]));
