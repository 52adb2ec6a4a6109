import assert from 'node:assert/strict';
import type { Chunk, CopyRequest, RangeProgress } from '@millrace/core';
import type { SourceStream } from './source-stream.ts';

const { signal } = new AbortController();
/** Bytes of a chunk: several of them hold the table. */
export const maxBytes = 20_000;

/** Where copies of so many ranges of a table begin. */
export const planned = async (
  stream: SourceStream,
  table: string,
  count: number,
): Promise<readonly RangeProgress[]> => {
  const plan = await stream.source.planCopy?.(table, count, signal);
  assert.ok(plan?.ranges != null, 'a table with a key has ranges');
  return plan.ranges.map((range) => ({ table, range, cursor: null, done: false, rows: 0 }));
};

/** Copies what is left of a range, or only so many chunks of it. */
export const chunksOf = async (
  stream: SourceStream,
  progress: RangeProgress,
  { most = Number.POSITIVE_INFINITY, where }: { readonly most?: number; readonly where?: string | undefined } = {},
): Promise<readonly Chunk[]> => {
  const chunks: Chunk[] = [];
  const request: CopyRequest = { table: progress.table, progress, maxBytes, ...(where === undefined ? {} : { where }) };
  for await (const chunk of stream.source.copy?.(request, signal) ?? []) {
    assert.equal([...chunk.rows].length, chunk.length, '`length` is not the number of rows');
    chunks.push(chunk);
    if (chunks.length >= most) break;
  }
  return chunks;
};
