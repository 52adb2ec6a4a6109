import { qualifiedName, type Relation, type StructurePart } from '@millrace/core';
import type { NamedPart } from './structured-table.ts';

/** A table of the source, and as it is at the target: its columns in the same places. */
export interface NamedTable {
  readonly source: Relation;
  readonly target: Relation;
}

type Names = ReadonlyMap<string, string>;

const renamedColumns = ({ source, target }: NamedTable): Names =>
  new Map(
    source.columns.flatMap(({ name }, at) => {
      const there = target.columns[at]?.name ?? name;
      return there === name ? [] : [[name, there] as const];
    }),
  );

/** Whether SQL may speak of one of these columns. */
const mayName = (sql: string, columns: Names): boolean =>
  [...columns.keys()].some((name) => sql.includes(name.replace(/["`]/g, '$&$&')));

/** Parts of a table under the names of its columns at the target. `tables`: by the name at the source. */
export const namedParts = (
  parts: readonly StructurePart[],
  table: NamedTable,
  tables: ReadonlyMap<string, NamedTable>,
): readonly NamedPart[] => {
  const columns = renamedColumns(table);
  const named = (name: string) => columns.get(name) ?? name;
  return parts.map((part): NamedPart => {
    switch (part.kind) {
      case 'foreign-key': {
        const other = tables.get(qualifiedName(part.references));
        const others: Names = other === undefined ? new Map() : renamedColumns(other);
        const references = {
          ...part.references,
          columns: part.references.columns.map((name) => others.get(name) ?? name),
        };
        const isSqlOutdated = mayName(part.sql, others);
        return { part: { ...part, columns: part.columns.map(named), references }, isSqlOutdated };
      }
      case 'default':
      case 'identity':
        return { part: { ...part, column: named(part.column) }, isSqlOutdated: mayName(part.sql, columns) };
      case 'comment':
        return { part: { ...part, column: part.column === null ? null : named(part.column) }, isSqlOutdated: false };
      case 'index':
      case 'unique': {
        const indexed = part.indexed?.map((each) => ({ ...each, name: named(each.name) })) ?? null;
        const isSqlOutdated = mayName(part.sql, columns);
        if (part.kind === 'index') return { part: { ...part, indexed }, isSqlOutdated };
        return { part: { ...part, indexed, columns: part.columns?.map(named) ?? null }, isSqlOutdated };
      }
      default:
        return { part, isSqlOutdated: mayName(part.sql, columns) };
    }
  });
};
