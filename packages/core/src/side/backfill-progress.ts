import type { BackfillProgress, TableProgress } from '../contracts/checkpoint.ts';
import type { Position } from '../model/position.ts';
import { keptBeside } from '../schema/kept-columns.ts';
import { mapTables, type Tables } from '../snapshot/table-progress.ts';

type Ended = 'completed' | 'stopped' | 'failed' | 'unsupported';

const waiting = (trigger: BackfillProgress['trigger'], replaces: boolean): BackfillProgress => ({
  state: 'pending',
  trigger,
  side: null,
  merged: false,
  replaces,
  where: null,
  startedAt: null,
  endedAt: null,
  error: null,
});

/**
 * A table that the stream meets for the first time; `copies`: with the rows that it has. `dropped`: what is known of another of
 * its name, of which a side stream may have left something.
 */
export const metAt = (from: Position, copies: boolean, dropped?: TableProgress): TableProgress => {
  const { side = null, merged: isMerged = false } = dropped?.backfill ?? {};
  const isNew = side === null;
  return {
    state: copies ? 'aside' : 'live',
    from,
    ranges: [],
    through: null,
    ...(copies || !isNew
      ? {
          backfill: {
            ...waiting('automatic', false),
            state: copies ? 'pending' : 'not-started',
            side,
            merged: isMerged,
          },
        }
      : {}),
  };
};

/** The log has said that it was dropped, and the target has none any more: what comes by its name is another table. */
export const isDropped = ({ gone: isGone, backfill }: TableProgress): boolean =>
  isGone === true && backfill?.replaces === false;

/** The source has no such table any more, but may have it under another name; `replaces`: the target still has. */
export const gone = ({ shape, storage, kept, ...progress }: TableProgress, replaces: boolean): TableProgress => {
  const { backfill, ...rest } = left(progress);
  return {
    ...rest,
    ...(replaces && shape !== undefined ? { shape } : {}),
    ...(replaces && storage !== undefined ? { storage } : {}),
    ...(replaces && kept !== undefined ? { kept } : {}),
    gone: true,
    backfill: { ...waiting('automatic', replaces), ...backfill, state: 'not-started', replaces },
  };
};

/** Nobody follows a table that is not captured: when it comes back, what the target has of it says nothing. */
const left = (progress: TableProgress): TableProgress =>
  progress.state === 'aside' && progress.backfill?.state === 'not-started'
    ? progress
    : {
        state: 'aside',
        from: progress.from,
        ranges: [],
        through: null,
        backfill: {
          ...waiting('automatic', true),
          state: 'not-started',
          side: progress.backfill?.side ?? null,
          merged: progress.backfill?.merged === true,
        },
      };

/** A table is captured again. */
export const cameBack = (progress: TableProgress, copies: boolean): TableProgress => {
  // One that is made anew is stored anew.
  const { backfill, gone: _, storage: __, ...rest } = progress;
  if (progress.state !== 'aside' || backfill?.state !== 'not-started') return progress;
  return copies ? { ...rest, backfill: { ...backfill, state: 'pending' } } : { ...rest, state: 'live', backfill };
};

/**
 * The tables of a stream that has begun, with those that are captured now. What is not named was never applied, so that
 * it is copied before anything of it is; `copies`: false for a stream that leaves out what is there. `absent`: tables that the
 * source does not have.
 */
export const knownTables = (
  tables: Tables,
  captured: ReadonlySet<string>,
  position: Position,
  copies: boolean,
  absent: ReadonlySet<string> = new Set(),
): Tables => {
  const known = mapTables(tables, (progress, table) => {
    if (captured.has(table)) return cameBack(progress, copies);
    return absent.has(table) && progress.gone !== true ? gone(progress, true) : left(progress);
  });
  const met = [...captured].filter((table) => known[table] === undefined);
  return met.length === 0
    ? known
    : { ...known, ...Object.fromEntries(met.map((table) => [table, metAt(position, copies)])) };
};

/** A copy is asked for; it begins anew. */
export const requested = (
  { gone: _, ...progress }: TableProgress,
  where: string | null,
  trigger: BackfillProgress['trigger'] = 'manual',
): TableProgress => ({
  ...progress,
  state: progress.state === 'failed' ? 'aside' : progress.state,
  backfill: {
    ...waiting(trigger, true),
    where,
    side: progress.backfill?.side ?? null,
    merged: progress.backfill?.merged === true,
  },
});

/** The side stream has a name, under which it may be found from now on. */
export const activated = (progress: TableProgress, side: string): TableProgress =>
  withBackfill(progress, { state: 'active', side, merged: false, startedAt: Date.now() });

/** The stream applies changes of a live table no more: everything before the position is in the target. */
export const setAside = (progress: TableProgress, position: Position): TableProgress => ({
  ...progress,
  state: 'aside',
  through: position,
});

/** What the side stream has applied ends at the position, and the stream goes on from there. */
export const merged = (
  { kept = [], ...progress }: TableProgress,
  position: Position,
  side: Pick<TableProgress, 'shape' | 'storage' | 'kept'>,
): TableProgress => ({
  ...withBackfill(progress.backfill?.state === 'active' ? ended(progress, 'completed') : progress, { merged: true }),
  state: 'catching-up',
  from: position,
  ranges: [],
  through: position,
  ...(side.shape === undefined ? {} : { shape: side.shape }),
  ...(side.storage === undefined ? {} : { storage: side.storage }),
  ...keptBeside({ ...progress, kept }, side),
});

const ended = (progress: TableProgress, state: Ended, error: BackfillProgress['error'] = null): TableProgress =>
  withBackfill(progress, { state, error, endedAt: Date.now() });

/** A copy that ends before it is complete. A table that was live is followed, as long as that is possible. */
export const cutShort = (
  progress: TableProgress,
  state: 'stopped' | 'failed' | 'unsupported',
  error: BackfillProgress['error'] = null,
): TableProgress => {
  const canFollow = progress.state === 'aside' && progress.through !== null && !followsOnly(progress);
  return canFollow ? ended(progress, state, error) : givenUp(progress, state, error);
};

/** The log in between is lost to a table that was aside. */
const givenUp = (
  progress: TableProgress,
  state: 'stopped' | 'failed' | 'unsupported',
  error: BackfillProgress['error'],
): TableProgress => ({
  ...ended(progress, state, error),
  through: progress.state === 'aside' ? null : progress.through,
});

/** Nothing is left of the side stream. */
export const released = (progress: TableProgress): TableProgress => withBackfill(progress, { side: null });

/**
 * The table was live when its copy was stopped or failed: what the target has is complete, and the side stream follows
 * what happened since, without copying more.
 */
export const followsOnly = ({ state, through, backfill }: TableProgress): boolean =>
  state === 'aside' && through !== null && ['stopped', 'failed', 'unsupported'].includes(backfill?.state ?? '');

/** A side stream has something to do for the table. */
export const isWanted = (progress: TableProgress): boolean => {
  const state = progress.backfill?.state;
  return state === 'pending' || state === 'active' || (followsOnly(progress) && progress.backfill?.side !== null);
};

const withBackfill = (progress: TableProgress, changed: Partial<BackfillProgress>): TableProgress => ({
  ...progress,
  backfill: { ...(progress.backfill ?? waiting('manual', true)), ...changed },
});
