import { type Chunk, decodedRow, type RangeProgress, type Relation, type TableProgress } from '@millrace/core';
import { items, type Values, type Written } from '../batches.ts';
import { expectedRows } from './expected-rows.ts';
import { itemsTable } from './row-cases.ts';
import type { SinkStream, SinkStreamOptions } from './sink-stream.ts';
import type { SinkSubject } from './sink-subject.ts';

const lower = { from: null, to: 'five' };
export const upper = { from: 'five', to: null };
export const range = (parts: Partial<RangeProgress>): RangeProgress => ({
  table: itemsTable,
  range: lower,
  cursor: null,
  done: false,
  rows: 0,
  ...parts,
});
export const copying: TableProgress = {
  state: 'copying',
  from: '1',
  ranges: [range({}), range({ range: upper })],
  through: null,
};

export const chunkOf = (
  rows: readonly Values[],
  progress: Partial<RangeProgress>,
  relation: Relation = items,
): Chunk => ({
  relation,
  progress: range({ rows: rows.length, ...progress }),
  length: rows.length,
  bytes: 100 * rows.length,
  rows: rows.map((row) => decodedRow(relation, { ...row })),
  encoded: null,
  through: '9',
});
export const row = (id: number, note = 'copied'): Values => ({ id, note, amount: 1n });
export const copied = (rows: readonly Values[]) =>
  expectedRows([rows.map((after): Written => ({ op: 'read', after }))]);

export const writeChunk = (stream: SinkStream, chunk: Chunk) =>
  stream.again(async (sink, aborted) => sink.writeChunk?.(chunk, aborted));

/** A stream that has begun to copy the table. */
export const begunCopy = async (subject: SinkSubject, parts: Partial<SinkStreamOptions> = {}) => {
  const stream = await subject.begun(parts);
  await stream.save({ position: '1', tables: { [itemsTable]: copying } });
  return stream;
};
