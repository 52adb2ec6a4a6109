import type { Chunk } from '../contracts/source.ts';
import type { ChangeBatch } from '../model/change-batch.ts';
import { changeBatch } from '../model/change-batch.ts';
import type { Position } from '../model/position.ts';
import { qualifiedName } from '../model/relation.ts';
import { createChange } from '../model/row-change.ts';
import type { RowImage } from '../model/row-image.ts';
import type { ChangePipeline } from '../pipeline/change-pipeline.ts';

/** Rows of a table, read and not logged, as changes. */
export const readChanges = (rows: Iterable<RowImage>, position: Position, bytes?: number): ChangeBatch => {
  const changes = Array.from(rows, (after, sequence) => {
    const { relation } = after;
    const table = qualifiedName(relation);
    return createChange({ op: 'read', table, relation, transaction: null, sequence, before: null, after });
  });
  return changeBatch(changes, { position }, bytes);
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
