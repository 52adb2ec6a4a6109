import { qualifiedName, type Relation } from '../model/relation.ts';
import type { TableStorage } from '../model/table-storage.ts';
import { isUncopied, mapTables, type Tables } from '../snapshot/table-progress.ts';
import { commonRelation, relationOf, shapeOf } from './table-shape.ts';

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
 * Tables that the source describes now, as the checkpoint knows them. Those that are still to be copied will be copied as
 * they are now (`now`); until then the target may be as they were or as they are, which is what is `common`.
 */
export const asOf = (tables: Tables, relations: readonly Relation[], uncopied: 'now' | 'common'): readonly Relation[] =>
  relations.map((relation) => {
    const progress = tables[qualifiedName(relation)];
    if (progress?.shape === undefined) return relation;
    if (!isUncopied(progress)) return relationOf(relation, progress.shape);
    return uncopied === 'now' ? relation : commonRelation(relation, progress.shape);
  });
