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

const matches = (pattern: string, table: string): boolean => {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(table);
};

/**
 * The operations that are captured of `schema.table`, `null` when none are. In a pattern `*` stands for any
 * characters. A table's own entry says everything about it; without one every pattern that matches counts. No entries
 * at all: everything is captured.
 */
export const capturedOperations = (tables: readonly SelectedTable[], table: string): ReadonlySet<Operation> | null => {
  if (tables.length === 0) return new Set(everyOperation);
  const own = tables.filter(({ name }) => name === table);
  const found = own.length > 0 ? own : tables.filter(({ name }) => name.includes('*') && matches(name, table));
  return found.length === 0 ? null : new Set(found.flatMap(({ operations }) => operations));
};

/** How the user names tables, where that is not `schema.table`: `public.users` -> `users`. */
export const spellings = (names: readonly string[], defaultSchema: string | undefined): ReadonlyMap<string, string> =>
  new Map(names.filter((name) => !name.includes('.')).map((name) => [qualified(name, defaultSchema), name]));
