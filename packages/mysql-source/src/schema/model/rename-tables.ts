import { NotUnderstood } from '../ddl/not-understood.ts';
import type { TableName } from '../ddl/token-reader.ts';
import type { SchemaEffect } from '../schema-effect.ts';
import type { QualifiedName, SchemaDraft } from './schema-draft.ts';
import { isUnknown } from './schema-state.ts';
import { definitionOf, type TableModel } from './table-model.ts';

/** Renames tables one after the other, as one statement does, and says what is true behind all of it. */
export const renameTables = (
  draft: SchemaDraft,
  pairs: readonly { readonly from: TableName; readonly to: TableName }[],
  ifExists: boolean,
): readonly SchemaEffect[] => {
  const before = new Map<string, TableModel>();
  /** Where each table is now, and what it was at first. */
  const moved = new Map<string, { readonly first: TableModel; readonly last: TableModel }>();
  for (const { from, to } of pairs) {
    const [source, target] = [draft.qualified(from), draft.qualified(to)];
    for (const name of [source, target]) {
      const table = draft.find(name);
      if (table !== undefined && !isUnknown(table) && !before.has(keyOf(name)) && !moved.has(keyOf(name)))
        before.set(keyOf(name), table);
    }
    const isThere = draft.find(source) !== undefined || draft.other(source) !== undefined;
    if (ifExists && !isThere && draft.follows(source.schema)) continue;
    const last = rename(draft, source, target);
    if (last === null) continue;
    const first = moved.get(keyOf(source))?.first ?? last.was;
    moved.delete(keyOf(source));
    moved.set(keyOf(target), { first, last: last.is });
  }
  return [...moved].flatMap(([key, { first, last }]) => {
    if (keyOf(first) === keyOf(last)) return [];
    const replaced = before.get(key);
    return {
      kind: 'table-renamed',
      before: definitionOf(first),
      after: definitionOf(last),
      replaced: replaced === undefined ? null : definitionOf(replaced),
    };
  });
};

const keyOf = ({ schema, table }: QualifiedName) => JSON.stringify([schema, table]);

const rename = (
  draft: SchemaDraft,
  source: QualifiedName,
  target: QualifiedName,
): { readonly was: TableModel; readonly is: TableModel } | null => {
  const table = draft.find(source);
  const occupied = draft.find(target);
  if (occupied !== undefined && occupied !== table) throw new NotUnderstood('the history has a table of the new name');
  draft.remove(source);
  const other = draft.other(source);
  if (table === undefined && other !== undefined) {
    draft.putOther(source, null);
    draft.putOther(target, other);
    return null;
  }
  if (table !== undefined && !isUnknown(table)) {
    const renamed = { ...table, ...target };
    if (draft.follows(target.schema)) draft.put(renamed);
    return { was: table, is: renamed };
  }
  if (draft.isCaptured(source) || draft.isCaptured(target))
    throw new NotUnderstood(table === undefined ? 'the history does not have this table' : table.unknown);
  const comes = table !== undefined || !draft.follows(source.schema);
  if (comes && draft.follows(target.schema))
    draft.put({ ...target, unknown: table?.unknown ?? 'it came from elsewhere' });
  return null;
};
