import { findByTime, type TimeSearch } from './find-by-time.ts';
import { readHead } from './head.ts';
import { dumpStartOf, type LogPosition } from './log-position.ts';
import { readOldestPosition } from './oldest-position.ts';
import { proveReach } from './prove-reach.ts';

export type LogStart =
  | 'earliest'
  | 'latest'
  | { readonly position: LogPosition }
  /** Milliseconds since 1970. */
  | { readonly timestamp: number };

/**
 * Where a start that does not use the checkpoint begins: the oldest position the log still has, the newest, a given one
 * that the log still reaches, or right before the first transaction at or after a time. Not to be called inside `ask`.
 */
export const resolveLogStart = (start: LogStart, search: TimeSearch): Promise<LogPosition> => {
  const { ask, server, signal } = search;
  if (start === 'latest') return ask((session) => readHead(session, server), signal);
  if (start === 'earliest') return ask((session) => readOldestPosition(session, server), signal);
  if ('timestamp' in start) return findByTime(start.timestamp, search);
  const { position } = start;
  return ask(async (session) => {
    await proveReach(session, { server, start: dumpStartOf(server, position) });
    return position;
  }, signal);
};
