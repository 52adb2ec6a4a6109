import type { DumpTimings } from './dump-timings.ts';

/** All times in milliseconds of one monotonic clock. */
export interface SilenceFacts {
  readonly now: number;
  /** When something last came from the server. */
  readonly lastInbound: number;
  /** Since when we read without interruption, or `null` while we do not: then silence means nothing. */
  readonly readingSince: number | null;
  /** When this check was last made: a gap says that the event loop stood still, and what arrived is not read yet. */
  readonly lastCheck: number;
  /** The server has found where to begin. */
  readonly begun: boolean;
  readonly timings: DumpTimings;
}

export type SilenceVerdict = 'alive' | 'dead' | 'stalled';

/**
 * Whether the server still lives: it was asked to send heartbeats. A dump has nothing by which to ask again (a replica
 * sends nothing), so silence is all there is to go by. `stalled`: we were not looking, reading counts from now on.
 */
export const silenceVerdict = (facts: SilenceFacts): SilenceVerdict => {
  const { now, lastInbound, readingSince, lastCheck, begun, timings } = facts;
  if (readingSince === null) return 'alive';
  if (now - lastCheck > timings.checkEvery * 2) return 'stalled';
  const silence = now - Math.max(lastInbound, readingSince);
  return silence >= (begun ? timings.deadAfter : timings.deadBeforeFirst) ? 'dead' : 'alive';
};
