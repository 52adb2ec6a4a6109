import { qualifiedName, type Relation, type StructurePart } from '@millrace/core';

/** A table of the source, and as it is at the target: its columns in the same places. */
export interface NamedTable {
  readonly source: Relation;
  readonly target: Relation;
}

const renamedColumns = ({ source, target }: NamedTable): ReadonlyMap<string, string> =>
  new Map(
    source.columns.flatMap(({ name }, at) => {
      const there = target.columns[at]?.name ?? name;
      return there === name ? [] : [[name, there] as const];
    }),
  );

/** Whether SQL may speak of one of these columns. */
const mayName = (sql: string, columns: ReadonlyMap<string, string>): boolean =>
  [...columns.keys()].some((name) => sql.includes(name.replaceAll('"', '""')));

/**
 * Parts of a table under the names of its columns at the target. What the source says in SQL of a column that has another
 * name there is left out. `tables`: by the name at the source.
 */
export const namedParts = (
  parts: readonly StructurePart[],
  table: NamedTable,
  tables: ReadonlyMap<string, NamedTable>,
): readonly StructurePart[] => {
  const columns = renamedColumns(table);
  const named = (name: string) => columns.get(name) ?? name;
  return parts.flatMap((part): readonly StructurePart[] => {
    switch (part.kind) {
      case 'foreign-key': {
        const other = tables.get(qualifiedName(part.references));
        const isSame = other === undefined || !mayName(part.sql, renamedColumns(other));
        return isSame ? [{ ...part, columns: part.columns.map(named) }] : [];
      }
      case 'default':
      case 'identity':
        return [{ ...part, column: named(part.column) }];
      case 'comment':
        return [{ ...part, column: part.column === null ? null : named(part.column) }];
      default:
        return mayName(part.sql, columns) ? [] : [part];
    }
  });
};
