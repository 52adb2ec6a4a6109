import type { TableProgress } from '../contracts/checkpoint.ts';
import type { SchemaChange } from '../model/schema-change.ts';
import { compareStorage, explained } from './explained-change.ts';
import { columnChanges, shapeOf } from './table-shape.ts';

type ToldChange = SchemaChange & Required<Pick<SchemaChange, 'before' | 'storage'>>;

/**
 * A change of which the log says the table before it, for what the checkpoint knows of the table: its columns go by their names
 * where the target may be further than the log, or has them in another way.
 */
export const toldByLog = (change: ToldChange, known: TableProgress | undefined): SchemaChange => {
  const { relation, before, storage } = change;
  if (change.certain && isAsBefore(known, before)) return change;
  const columns = columnChanges(known?.shape ?? shapeOf(before.relation), relation);
  const named = explained({ ...change, columns, certain: false }, before.storage, storage).change;
  const { isRewritten } = compareStorage(before.storage, storage);
  return { ...named, rewritesRows: change.rewritesRows || named.rewritesRows || isRewritten };
};

/** The target has the table as the log had it. */
const isAsBefore = (known: TableProgress | undefined, { relation }: ToldChange['before']): boolean => {
  if (known === undefined) return true;
  return known.state === 'live' && (known.shape === undefined || columnChanges(known.shape, relation).length === 0);
};
