import { qualifiedName, type Relation } from '../model/relation.ts';
import type { Settings } from '../options/settings.ts';
import type { SelectedTable } from '../pipeline/table-selection.ts';
import { relationOf } from '../schema/table-shape.ts';
import type { CheckpointKeeper } from '../stream/checkpoint-keeper.ts';
import { isUncopied, type Tables } from './table-progress.ts';

/** A table that is made from a query, as the checkpoint knows it; `null`: its rows are still to be copied. */
const copiedQuery = ({ name, key }: SelectedTable, tables: Tables): Relation | null => {
  const progress = tables[name];
  if (progress?.shape === undefined || isUncopied(progress)) return null;
  const dot = name.indexOf('.');
  const names = { schema: name.slice(0, dot), table: name.slice(dot + 1) };
  const relation = relationOf({ ...names, version: 0, columns: [], key: null, identity: 'full' }, progress.shape);
  const places = key?.map((column) => relation.columns.findIndex((each) => each.name === column)) ?? [];
  return places.length === 0 || places.includes(-1) ? relation : { ...relation, key: places };
};

/**
 * What the checkpoint says of tables before it is opened, where there are queries that may not have to be run any more.
 * `anew`: all are copied anew.
 */
export const copiedBefore = async (
  { tables, snapshot }: Pick<Settings, 'tables' | 'snapshot'>,
  keeper: Pick<CheckpointKeeper, 'read'>,
  signal: AbortSignal,
  anew = snapshot === 'always',
): Promise<Tables> => {
  if (anew || tables.every(({ query }) => query === undefined)) return {};
  return (await keeper.read(signal))?.tables ?? {};
};

export interface NeededQueries {
  /** What the source is told of: queries only where they are still to be run. */
  readonly selected: readonly SelectedTable[];
  /** The other tables that are made from queries. */
  readonly copied: readonly Relation[];
}

/**
 * Once its rows are copied a query is of no concern any more, and may have become impossible. `only`: no other table is
 * copied.
 */
export const neededQueries = (
  selected: readonly SelectedTable[],
  tables: Tables,
  only: string | undefined,
): NeededQueries => {
  const queries = selected.filter(({ query }) => query !== undefined);
  const copied = queries.flatMap((table) => copiedQuery(table, tables) ?? []);
  const names = new Set(copied.map(qualifiedName));
  const isNeeded = (name: string) => !names.has(name) && (only === undefined || only === name);
  return {
    selected: selected.map((table) => {
      const { name, operations, query } = table;
      return query === undefined || isNeeded(name) ? table : { name, operations };
    }),
    copied,
  };
};
