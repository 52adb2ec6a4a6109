import type { Checkpoint, RangeProgress, TableProgress } from '../contracts/checkpoint.ts';
import type { Position } from '../model/position.ts';
import type { Relation } from '../model/relation.ts';
import { shapeOf } from '../schema/table-shape.ts';

export type Tables = Checkpoint['tables'];
type Compare = (a: Position, b: Position) => -1 | 0 | 1;

/** What a first start saves together with its position. */
export const pendingTables = (tables: readonly string[], from: Position): Tables =>
  Object.fromEntries(tables.map((table) => [table, { state: 'pending', from, ranges: [], through: null }]));

/** The stream itself has not copied all of its rows yet. */
export const isUncopied = ({ state }: TableProgress): boolean => !['catching-up', 'live', 'aside'].includes(state);

/** The tables of `captured` that the stream has to copy before it moves changes. */
export const uncopiedTables = (tables: Tables, captured: ReadonlySet<string>): readonly string[] =>
  Object.keys(tables).filter(
    (table) => captured.has(table) && tables[table] !== undefined && isUncopied(tables[table]),
  );

/** The tables whose changes are applied, and that do not equal their source yet, captured or not. */
export const unfinishedTables = (tables: Tables): ReadonlySet<string> =>
  new Set(Object.keys(tables).filter((table) => !['live', 'aside'].includes(tables[table]?.state ?? '')));

/**
 * A table that is not captured any more has failed, live or not: nobody follows it, so what is there of it says nothing when
 * it comes back.
 */
export const withUncapturedFailed = (tables: Tables, captured: ReadonlySet<string>): Tables =>
  mapTables(tables, (progress, table) =>
    captured.has(table) || progress.state === 'aside' || progress.state === 'failed'
      ? progress
      : { ...progress, state: 'failed', ranges: [], through: null },
  );

/** What was copied is removed, and the copy starts over. */
export const startedOver = ({ copied: _, ...progress }: TableProgress): TableProgress => ({
  ...progress,
  state: 'pending',
  ranges: [],
  through: null,
});

/** The plan is made, nothing is copied yet. Saved before the first chunk, so that a crash does not start over. */
export const planned = (
  progress: TableProgress,
  ranges: readonly RangeProgress[],
  relation?: Relation,
): TableProgress => ({
  ...progress,
  state: 'copying',
  ranges,
  through: null,
  ...(relation === undefined ? {} : { copied: shapeOf(relation) }),
});

/** A chunk is durable. */
export const advanced = (progress: TableProgress, range: RangeProgress): TableProgress => ({
  ...progress,
  ranges: progress.ranges.map((known) =>
    known.range.from === range.range.from && known.range.to === range.range.to ? range : known,
  ),
});

/** Every range is durable, and everything that was read lies before `through`. */
export const copied = ({ copied: _, ...progress }: TableProgress, through: Position): TableProgress => ({
  ...progress,
  state: 'catching-up',
  ranges: [],
  through,
});

/** Everything was copied as it was at one position: changes before it are in the copy, those after it are not. */
export const copiedExactly = (progress: TableProgress, position: Position): TableProgress => ({
  ...copied(progress, position),
  from: position,
});

/** Whether the copy may have seen changes that the log brings after `from`. */
export const isReplayed = ({ from, through }: TableProgress, compare: Compare): boolean =>
  through === null || compare(through, from) > 0;

/**
 * The tables of which everything that their copy saw is applied once the target has everything before `position`
 * become live. The same object when there are none.
 */
export const caughtUp = (tables: Tables, position: Position, compare: Compare): Tables =>
  mapTables(tables, (progress) =>
    progress.state === 'catching-up' && progress.through !== null && compare(progress.through, position) <= 0
      ? { ...progress, state: 'live' }
      : progress,
  );

/** The same object when nothing changed: sinks save it only when it is another one. */
export const mapTables = (
  tables: Tables,
  change: (progress: TableProgress, table: string) => TableProgress,
): Tables => {
  const changed = Object.entries(tables).map(([table, progress]) => [table, change(progress, table)] as const);
  return changed.every(([table, progress]) => tables[table] === progress) ? tables : Object.fromEntries(changed);
};
