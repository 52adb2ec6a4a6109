import { qualifiedName, type Relation } from '../model/relation.ts';
import type { TableStorage } from '../model/table-storage.ts';
import { isUncopied, mapTables, type Tables } from '../snapshot/table-progress.ts';
import { relationOf, shapeOf } from './table-shape.ts';

/** The same, with the shapes of the tables of which none is known. */
export const withShapes = (
  tables: Tables,
  relations: readonly Relation[],
  stored?: ReadonlyMap<string, TableStorage>,
): Tables => {
  const shapes = new Map(relations.map((relation) => [qualifiedName(relation), shapeOf(relation)]));
  return mapTables(tables, (progress, table) => {
    const shape = shapes.get(table);
    const storage = stored?.get(table);
    if (progress.shape !== undefined || shape === undefined) return progress;
    return { ...progress, shape, ...(storage === undefined ? {} : { storage }) };
  });
};

/**
 * Tables that the source describes now, as the checkpoint knows them. Those that are still to be copied are copied as they are
 * now.
 */
export const asOf = (tables: Tables, relations: readonly Relation[]): readonly Relation[] =>
  relations.map((relation) => {
    const progress = tables[qualifiedName(relation)];
    if (progress?.shape === undefined || isUncopied(progress)) return relation;
    return relationOf(relation, progress.shape);
  });

/**
 * The tables that the target may have in another shape than the checkpoint knows: a copy, the stream's own or one beside it,
 * makes its table follow before the log has come there.
 */
export const unsureTables = (tables: Tables): ReadonlySet<string> =>
  new Set(
    Object.keys(tables).filter((table) => {
      const progress = tables[table];
      return progress?.shape !== undefined && progress.state !== 'live';
    }),
  );
