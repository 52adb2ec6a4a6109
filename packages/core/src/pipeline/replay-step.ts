import type { TableProgress } from '../contracts/checkpoint.ts';
import type { SinkBatch } from '../contracts/sink.ts';
import type { Change } from '../model/change.ts';
import type { Position } from '../model/position.ts';
import type { RowImage } from '../model/row-image.ts';

/**
 * What a change of a table that is catching up asks of a target that may have seen it, or later ones, already. `row`
 * says the key of the row it is about, but for columns of it that are unchanged: the old row of the change says those.
 * `former`, where there is one, the key that the row had before: what is found
 * under it is deleted first.
 */
export type ReplayStep =
  /** Write the row, whatever is there. */
  | { readonly kind: 'upsert'; readonly row: RowImage; readonly former: RowImage | null }
  /** Set the columns that were sent if the row is there; otherwise as `reselect`. */
  | { readonly kind: 'set'; readonly row: RowImage; readonly former: RowImage | null }
  /** Read the row from the source and write what is found; nothing found: nothing to write. */
  | { readonly kind: 'reselect'; readonly row: RowImage; readonly former: RowImage | null }
  /** Delete the row if it is there. */
  | { readonly kind: 'delete'; readonly row: RowImage }
  | { readonly kind: 'delete-all' };

/** Columns that `transform` declares and did not set are `absent`: nobody knows more of them. */
const isComplete = (row: RowImage): boolean =>
  row.relation.columns.every((_, column) => row.state(column) !== 'unchanged');

const formerOf = ({ image: { before, after }, relation: { key } }: Change): RowImage | null => {
  if (before === null || after === null || key === null) return null;
  // A key that is stored out of line comes as unchanged, beside the old one.
  const moved = key.some(
    (column) =>
      before.state(column) === 'value' && after.state(column) === 'value' && before.text(column) !== after.text(column),
  );
  return moved ? before : null;
};

/** `batch`: the one that the change came in. */
export const replayStep = (change: Change, { outdated }: Pick<SinkBatch, 'outdated'>): ReplayStep => {
  const { after, before } = change.image;
  if (change.op === 'truncate') return { kind: 'delete-all' };
  if (after === null) {
    if (before === null) throw new TypeError(`A ${change.op} without a row`);
    return { kind: 'delete', row: before };
  }
  const former = formerOf(change);
  if (outdated?.has(change.relation) === true) return { kind: 'reselect', row: after, former };
  return { kind: change.op !== 'update' || isComplete(after) ? 'upsert' : 'set', row: after, former };
};

/** The progress of a table of which rows were read again: it must catch up with what that read saw. */
export const raisedThrough = (
  progress: TableProgress,
  through: Position,
  compare: (a: Position, b: Position) => -1 | 0 | 1,
): TableProgress =>
  progress.through !== null && compare(progress.through, through) >= 0 ? progress : { ...progress, through };
