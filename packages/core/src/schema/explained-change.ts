import { isDeepStrictEqual } from 'node:util';
import type { ColumnChange, SchemaChange } from '../model/schema-change.ts';
import type { ColumnStorage, TableStorage } from '../model/table-storage.ts';
import { hasJoined, isOtherHeap } from './table-parts.ts';
import { shapeOf } from './table-shape.ts';

/** A heap that is never the same: what was found cannot vouch for what comes later. */
const unknownHeap = '';

const own = (storage: TableStorage, name: string): ColumnStorage | undefined =>
  Object.hasOwn(storage.columns, name) ? storage.columns[name] : undefined;

/** What the log says of a table does not say whether it is logged. */
const identityOf = (before: TableStorage | undefined, { id, parts, logging = before?.logging }: TableStorage) => ({
  ...(id === undefined ? {} : { id }),
  ...(parts === undefined ? {} : { parts }),
  ...(logging === undefined ? {} : { logging }),
});

/** Columns that are others now, by the same names. */
const isReplaced = (before: TableStorage, now: TableStorage): boolean =>
  Object.keys(before.columns).some((name) => {
    const column = own(now, name);
    return column !== undefined && column.id !== own(before, name)?.id;
  });

/**
 * What a change of a table's shape that was inferred did to rows that were there before, by what the source says of the
 * table at an earlier change (`before`) and `now`, which is at or after this change. What cannot be told counts as rewritten.
 */
export const explained = (
  change: SchemaChange,
  before: TableStorage | undefined,
  now: TableStorage | undefined,
): { readonly change: SchemaChange; readonly storage: TableStorage | undefined } => {
  if (now === undefined) return { change, storage: undefined };
  const sent = Object.keys(shapeOf(change.relation));
  // The source may be further than the log: then another change may hide behind this one.
  const isAhead = sent.length !== Object.keys(now.columns).length || sent.some((name) => own(now, name) === undefined);
  const storage: TableStorage = {
    ...identityOf(before, now),
    heap: isAhead ? unknownHeap : now.heap,
    columns: Object.fromEntries(
      sent.flatMap((name) => {
        const column = own(now, name);
        return column === undefined ? [] : [[name, column]];
      }),
    ),
  };
  const isKept = before !== undefined && before.heap !== unknownHeap && !isOtherHeap(before, now);
  const known = new Set(Object.values(before?.columns ?? {}).map(({ id }) => id));
  const columns = change.columns.map((each): ColumnChange => {
    const fill = each.kind === 'add-column' ? own(now, each.column.name)?.fill : undefined;
    return each.kind === 'add-column' && fill !== undefined ? { ...each, fill } : each;
  });
  const isTold = (each: ColumnChange): boolean => {
    if (each.kind === 'drop-column') return true;
    if (each.kind !== 'add-column') return isKept;
    const column = own(now, each.column.name);
    // A column that was there under another name has the values it had.
    return isKept && column !== undefined && !known.has(column.id);
  };
  const rewritesRows = before === undefined ? hasValues(change) : isOther(before, now) || !columns.every(isTold);
  return { change: { ...change, columns, rewritesRows }, storage };
};

/** Dropping columns leaves the others as they are. */
const hasValues = ({ columns }: SchemaChange): boolean => columns.some(({ kind }) => kind !== 'drop-column');

/** Columns that stayed may have got other values, or rows may have come. */
const isOther = (before: TableStorage, now: TableStorage): boolean =>
  hasJoined(before, now) ||
  isLoggedAnew(before, now) ||
  isReplaced(before, now) ||
  (before.heap !== unknownHeap && isOtherHeap(before, now) && isRevised(before, now));

const isLoggedAnew = ({ logging: before }: TableStorage, { logging = before }: TableStorage): boolean =>
  before !== undefined && logging !== before;

const isRevised = (before: TableStorage, now: TableStorage): boolean =>
  Object.keys(before.columns).some((name) => {
    const column = own(now, name);
    return column !== undefined && column.revision !== own(before, name)?.revision;
  });

/**
 * Whether rows may have got other values since, with no change of shape that the log will tell of; and what to compare
 * with from now on. The same object when that is nothing new.
 */
export const compareStorage = (
  before: TableStorage,
  now: TableStorage,
): { readonly isRewritten: boolean; readonly storage: TableStorage } => {
  const names = Object.keys(before.columns);
  const common = names.filter((name) => own(now, name) !== undefined);
  const { logging = before.logging } = now;
  const isSame =
    before.heap === now.heap &&
    before.logging === logging &&
    isDeepStrictEqual(before.parts, now.parts) &&
    !isRevised(before, now);
  const isRewritten = isOther(before, now);
  const hasNew = Object.keys(now.columns).length > common.length;
  // While the log has something to tell, what was before it is still needed. Otherwise it was, say, a VACUUM FULL.
  if (!isRewritten && (hasNew || isSame)) return { isRewritten, storage: before };
  const columns = Object.fromEntries(
    names.flatMap((name) => {
      const column = own(now, name) ?? own(before, name);
      return column === undefined ? [] : [[name, column]];
    }),
  );
  return { isRewritten, storage: { ...identityOf(before, now), heap: hasNew ? before.heap : now.heap, columns } };
};
