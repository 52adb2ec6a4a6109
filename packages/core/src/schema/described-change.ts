import type { TableProgress } from '../contracts/checkpoint.ts';
import type { ColumnChange, SchemaChange } from '../model/schema-change.ts';
import type { ColumnStorage, TableStorage } from '../model/table-storage.ts';
import { hasJoined, isOtherHeap } from './table-parts.ts';
import { isOtherType } from './table-shape.ts';

/** What is known of the table before it. */
type Known = Pick<TableProgress, 'state'> & { readonly [K in 'shape' | 'storage']?: TableProgress[K] | undefined };

type Rename = Extract<ColumnChange, { kind: 'rename-column' }>;

/** Renames in an order in which each new name is free; `null`: there is none, because they go in a circle. */
const inOrder = (renames: readonly Rename[]): readonly Rename[] | null => {
  const ordered: Rename[] = [];
  let left = renames;
  while (left.length > 0) {
    const next = left.find(({ name }) => left.every(({ from }) => from !== name));
    if (next === undefined) return null;
    ordered.push(next);
    left = left.filter((each) => each !== next);
  }
  return ordered;
};

const alterations = (name: string, before: ColumnStorage, now: ColumnStorage): readonly ColumnChange[] => {
  const changes: ColumnChange[] = [];
  if (before.nullable !== undefined && now.nullable !== undefined && before.nullable !== now.nullable)
    changes.push({ kind: 'alter-column-nullability', name, nullable: now.nullable });
  if (before.default !== undefined && now.default !== undefined && before.default !== now.default)
    changes.push({ kind: 'alter-column-default', name, sql: now.default });
  return changes;
};

/**
 * What a statement did to a table of which the log says how it is stored afterwards, beside what the checkpoint says of it:
 * nothing of it is inferred. `null`: the columns have to be told by their names, because the checkpoint does not say enough,
 * or the target may be further than the log.
 */
export const describedChange = (
  change: SchemaChange,
  { state, shape, storage: before }: Known,
  now: TableStorage,
): SchemaChange | null => {
  if (state !== 'live' || shape === undefined || before === undefined) return null;
  if (Object.keys(shape).some((name) => !Object.hasOwn(before.columns, name))) return null;
  const current = new Map(Object.entries(now.columns).map(([name, column]) => [column.id, { name, column }]));
  const relationColumns = new Map(change.relation.columns.map((column) => [column.name, column]));
  const dropped: ColumnChange[] = [];
  const renamed: Rename[] = [];
  const altered: ColumnChange[] = [];
  let isRevised = false;
  for (const [from, former] of Object.entries(before.columns)) {
    const found = current.get(former.id);
    const column = found === undefined ? undefined : relationColumns.get(found.name);
    if (found === undefined || column === undefined) {
      dropped.push({ kind: 'drop-column', name: from });
      continue;
    }
    current.delete(former.id);
    isRevised ||= former.revision !== found.column.revision;
    if (found.name !== from) renamed.push({ kind: 'rename-column', name: found.name, from });
    const type = Object.hasOwn(shape, from) ? shape[from] : undefined;
    if (type !== undefined && isOtherType(type, column.native))
      altered.push({ kind: 'alter-column-type', column, from: type });
    altered.push(...alterations(found.name, former, found.column));
  }
  const renames = inOrder(renamed);
  if (renames === null) return null;
  const added = [...current.values()].flatMap(({ name, column: { fill, nullable } }): readonly ColumnChange[] => {
    const column = relationColumns.get(name);
    if (column === undefined) return [];
    const add = { kind: 'add-column', column, fill } as const;
    return nullable === false ? [add, { kind: 'alter-column-nullability', name, nullable }] : [add];
  });
  const isOther = isOtherHeap(before, now);
  const isReplaced = added.some(
    (each) => each.kind === 'add-column' && Object.hasOwn(before.columns, each.column.name),
  );
  return {
    ...change,
    columns: [...dropped, ...renames, ...added, ...altered],
    certain: true,
    // Another file with nothing else that is new is a VACUUM FULL.
    rewritesRows: isReplaced || hasJoined(before, now) || (isOther && (isRevised || added.length > 0)),
  };
};
