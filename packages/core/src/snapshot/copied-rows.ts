import type { Chunk } from '../contracts/source.ts';
import type { ChangeBatch } from '../model/change-batch.ts';
import { changeBatch } from '../model/change-batch.ts';
import type { Position, Transaction } from '../model/position.ts';
import { qualifiedName } from '../model/relation.ts';
import { createChange } from '../model/row-change.ts';
import type { RowImage } from '../model/row-image.ts';
import type { ChangePipeline } from '../pipeline/change-pipeline.ts';

const readChange = (after: RowImage, transaction: Transaction | null, sequence: number) => {
  const { relation } = after;
  return createChange({
    op: 'read',
    table: qualifiedName(relation),
    relation,
    transaction,
    sequence,
    before: null,
    after,
  });
};

/** Rows of a table, read and not logged, as changes. */
export const readChanges = (rows: Iterable<RowImage>, position: Position, bytes?: number): ChangeBatch =>
  changeBatch(
    Array.from(rows, (row, index) => readChange(row, null, index)),
    { position },
    bytes,
  );

/** The rows of a chunk as a part of a transaction that holds all rows of their table. */
export const partOfCopy = ({ rows, length, bytes, progress }: Chunk, transaction: Transaction): ChangeBatch => {
  const before = progress.rows - length;
  const changes = Array.from(rows, (row, index) => readChange(row, transaction, before + index));
  return changeBatch(changes, { position: null, transaction }, bytes);
};

/** Rows as the pipeline leaves them: those it drops are missing. */
export const throughPipeline = async (
  rows: Iterable<RowImage>,
  pipeline: ChangePipeline,
): Promise<readonly RowImage[]> => {
  const { changes } = await pipeline.apply(readChanges(rows, ''));
  return Array.from(changes, ({ image }) => image.after).filter((row) => row !== null);
};

/** A chunk of which the pipeline has made other rows. */
export const transformedChunk = async (chunk: Chunk, pipeline: ChangePipeline): Promise<Chunk> => {
  const rows = await throughPipeline(chunk.rows, pipeline);
  const { progress, bytes, through } = chunk;
  const relation = rows[0]?.relation ?? chunk.relation;
  return { relation, progress, length: rows.length, bytes, rows, encoded: null, through };
};
