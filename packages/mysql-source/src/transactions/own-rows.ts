import type { RowsEvent } from '../binlog/binlog-event.ts';

/** Memory that holds little else may be kept as it is. */
const mostUnused = 1_024;

/**
 * The rows in memory of their own: a view would keep all of what a socket read for as long as its batch lives (invariant 7).
 */
export const ownRows = (event: RowsEvent): RowsEvent => {
  const { body, start, end } = event;
  if (body.buffer.byteLength - (end - start) <= mostUnused) return event;
  const own = Buffer.from(body.subarray(start, end));
  const [before, after] = [event.before, event.after].map((present) => present && Uint8Array.from(present));
  return { ...event, before: before ?? null, after: after ?? null, body: own, start: 0, end: own.length };
};
