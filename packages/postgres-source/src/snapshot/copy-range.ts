import { type Chunk, type CopyRequest, qualifiedName, type RangeProgress } from '@millrace/core';
import type { LogLayout } from '../catalog/server-facts.ts';
import { ChunkSpan } from './chunk-span.ts';
import { CopiedRows, type CopyForm } from './copied-rows.ts';
import { type CopiedTable, shapeOf } from './copied-table.ts';
import { CopiedText } from './copied-text.ts';
import { retainedBytes } from './copy-content.ts';
import {
  formatCursor,
  type HeapVersion,
  isSameVersion,
  type Place,
  parseCursor,
  placesPerBlock,
} from './copy-cursor.ts';
import type { CopySession } from './copy-session.ts';
import type { CopySessions } from './copy-sessions.ts';
import type { Heap } from './heaps.ts';
import { outdated, type ReadChunk, readChunk } from './read-chunk.ts';

export interface RangeCopy {
  readonly request: CopyRequest;
  readonly copied: CopiedTable;
  /** Read after the copy was asked for: what is behind its end then is in the log. */
  readonly heap: Heap | null;
  readonly form: CopyForm;
  readonly sessions: Pick<CopySessions, 'take' | 'giveBack' | 'discard'>;
  readonly log: LogLayout;
  readonly signal: AbortSignal;
}

interface Extent {
  readonly version: HeapVersion;
  readonly heap: Heap;
  readonly from: Place;
  readonly to: Place;
}

/** What is left of the range. Throws `COPY_OUTDATED` if its cursors mean another version of the heap. */
const extentOf = ({ request, copied, heap }: RangeCopy): Extent => {
  const { range, cursor } = request.progress;
  const { place: from, ...version } = parseCursor(cursor ?? range.from);
  const to = range.to === null ? null : parseCursor(range.to);
  if (heap === null || (to !== null && !isSameVersion(to, version))) throw outdated(copied.facts);
  if (!isSameVersion(version, { ...heap, shape: shapeOf(copied, heap) })) throw outdated(heap);
  const end = Math.min(to?.place ?? Number.POSITIVE_INFINITY, heap.blocks * placesPerBlock);
  return { version, heap, from, to: request.progress.done ? from : end };
};

const chunkOf = (
  { copied, form }: RangeCopy,
  { pieces, rows, through }: ReadChunk,
  progress: RangeProgress,
): Chunk => ({
  relation: copied.format.relation,
  progress,
  length: rows,
  bytes: retainedBytes(pieces),
  rows: new CopiedRows(pieces, form, copied.format),
  ...(form === 'text' ? { indexed: new CopiedText(pieces, rows, copied.format) } : {}),
  encoded: { format: `postgres-${form}`, data: pieces },
  through,
});

/**
 * Copies what is left of a range, in chunks of about as many bytes as asked for. Places without rows are passed over
 * without a chunk, but the last chunk may be empty; of a range that is done there is only that one.
 */
export async function* copyRange(copy: RangeCopy): AsyncGenerator<Chunk, void, undefined> {
  const { request, copied, form, sessions, log, signal } = copy;
  const { maxBytes, where = null } = request;
  const { version, heap, from: start, to: end } = extentOf(copy);
  const span = new ChunkSpan(maxBytes, heap.blocks === 0 ? null : heap.bytes / heap.blocks);
  let progress = request.progress;
  let session: CopySession | null = null;
  try {
    for (let from = start; ; ) {
      session ??= await sessions.take(signal);
      const to = Math.min(span.endFrom(from), Math.max(from, end));
      const chunk = await readChunk(session, { copied, heap, where, form, from, to, limit: span.limit, log }, signal);
      if (chunk === null) {
        sessions.discard(session);
        session = null;
        span.exceeded();
        continue;
      }
      from = to;
      span.held(chunk.bytes, chunk.rows, to);
      const done = from >= end;
      if (chunk.rows === 0 && !done) continue;
      const cursor = formatCursor({ ...version, place: from });
      progress = { ...progress, table: qualifiedName(copied.facts), cursor, done, rows: progress.rows + chunk.rows };
      yield chunkOf(copy, chunk, progress);
      if (done) return;
    }
  } catch (error) {
    if (session !== null) sessions.discard(session);
    session = null;
    throw error;
  } finally {
    if (session !== null) sessions.giveBack(session);
  }
}
