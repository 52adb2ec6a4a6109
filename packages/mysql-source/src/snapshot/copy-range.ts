import { type Chunk, type CopyRequest, type Position, qualifiedName, type RangeProgress } from '@millrace/core';
import type { ScriptSession } from '@millrace/mysql-client';
import type { ServerFacts } from '../continuity/server-facts.ts';
import { ChunkSize } from './chunk-size.ts';
import type { CopiedRows } from './copied-rows.ts';
import type { CopiedTable } from './copied-table.ts';
import { outdated } from './copy-errors.ts';
import type { CopySessions } from './copy-sessions.ts';
import { UnkeptValue } from './key-column.ts';
import { formatCursor, type KeyCursor, parseCursor } from './key-cursor.ts';
import { readLogEnd } from './log-end.ts';
import { readChunk } from './read-chunk.ts';

export interface RangeCopy {
  readonly request: CopyRequest;
  readonly copied: CopiedTable;
  readonly sessions: CopySessions;
  readonly server: ServerFacts;
  readonly signal: AbortSignal;
}

interface Extent {
  readonly from: KeyCursor['place'];
  readonly to: KeyCursor['place'] | null;
}

/** What is left of the range. Throws `COPY_OUTDATED` if its cursors mean another version of the table. */
const extentOf = ({ request, copied }: RangeCopy): Extent => {
  const { range, cursor } = request.progress;
  const from = parseCursor(cursor ?? range.from);
  const to = range.to === null ? null : parseCursor(range.to);
  if ([from, to ?? from].some(({ version }) => version !== copied.version)) throw outdated(copied.definition);
  return { from: from.place, to: to?.place ?? null };
};

export const chunkOf = (rows: CopiedRows, copied: CopiedTable, progress: RangeProgress, through: Position): Chunk => ({
  relation: copied.format.relation,
  progress,
  length: rows.length,
  bytes: rows.bytes,
  rows,
  indexed: rows,
  encoded: null,
  through,
});

/**
 * Copies what is left of a range, in chunks of about as many bytes as asked for. The last chunk may be empty; of a range
 * that is done there is only that one.
 */
export async function* copyRange(copy: RangeCopy): AsyncGenerator<Chunk, void, undefined> {
  const { request, copied, sessions, server, signal } = copy;
  const { maxBytes, where = null } = request;
  const { from: start, to } = extentOf(copy);
  const { rows: estimate, bytes: total, version, definition } = copied;
  const size = new ChunkSize(maxBytes, estimate === null || total === null ? null : total / Math.max(1, estimate));
  const table = qualifiedName(definition);
  let progress = request.progress;
  let session: ScriptSession | null = null;
  const abort = () => session?.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    for (let from = start; ; ) {
      session ??= await sessions.take(signal);
      const limit = progress.done ? 0 : size.rows;
      const chunk = await readChunk(session, { copied, where, from, to, limit, maxBytes: size.limit }, signal);
      size.held(chunk.rows.bytes, chunk.rows.length);
      if (chunk.isCut) {
        sessions.discard(session);
        session = await sessions.take(signal);
      }
      const through = await readLogEnd(session, server);
      from = chunk.end ?? from;
      const done = chunk.isLast || limit === 0;
      const cursor = formatCursor({ version, place: from });
      progress = { ...progress, table, cursor, done, rows: progress.rows + chunk.rows.length };
      yield chunkOf(chunk.rows, copied, progress, through);
      if (done) return;
    }
  } catch (error) {
    if (session !== null) sessions.discard(session);
    session = null;
    signal.throwIfAborted();
    throw error instanceof UnkeptValue ? outdated(definition) : error;
  } finally {
    signal.removeEventListener('abort', abort);
    // The signal may have cut it while nobody asked anything.
    if (session !== null) signal.aborted ? sessions.discard(session) : sessions.giveBack(session);
  }
}
