import { type Chunk, createChange, qualifiedName } from '@millrace/core';
import { RowReader } from '../apply/row-reader.ts';

/** Reads the rows of a chunk one at a time, as the changes of a batch. */
export const chunkReader = ({ relation, indexed, rows }: Chunk): RowReader => {
  if (indexed !== undefined) return new RowReader(indexed);
  const table = qualifiedName(relation);
  const parts = { op: 'read', table, relation, transaction: null, before: null } as const;
  return new RowReader(Array.from(rows, (after, sequence) => createChange({ ...parts, sequence, after })));
};
