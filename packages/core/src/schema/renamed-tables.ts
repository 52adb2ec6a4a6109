import { qualifiedName, type Relation } from '../model/relation.ts';
import type { Settings } from '../options/settings.ts';
import type { Tables } from '../snapshot/table-progress.ts';
import { goneTables } from './gone-table.ts';
import { behaviorOf } from './schema-policy.ts';

/**
 * The names that the checkpoint knows tables by, where the catalog is further than the log and has another one: by that one. Until
 * the log tells of it the table is followed under the former. None where renamed tables are not told apart from dropped ones.
 */
export const renamedTables = async (
  tables: Tables,
  captured: readonly Relation[],
  settings: Pick<Settings, 'schemaChanges' | 'source' | 'tables'>,
): Promise<ReadonlyMap<string, string>> => {
  const { source, schemaChanges } = settings;
  const isTold = ['evolve', 'exception'].includes(behaviorOf(schemaChanges, 'rename-table'));
  const unknown = captured.map(qualifiedName).filter((table) => tables[table] === undefined);
  const gone = goneTables(tables, captured, settings).filter((table) => table.split('.').length === 2);
  if (!isTold || source.capabilities.schemaChanges !== 'certain' || unknown.length === 0 || gone.length === 0)
    return new Map();
  const stored = (await source.describeStorage?.(unknown)) ?? new Map();
  return new Map(
    [...stored].flatMap(([table, { id }]) => {
      const before = gone.find((each) => id !== undefined && tables[each]?.storage?.id === id);
      return before === undefined ? [] : [[table, before]];
    }),
  );
};
