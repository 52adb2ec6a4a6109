import type { LivenessTimings } from './liveness-timings.ts';

/** All times in milliseconds of one monotonic clock. */
export interface InboundFacts {
  readonly now: number;
  /** When something last came from the server. */
  readonly lastInbound: number;
  /** Since when we read without interruption, or `null` while we do not: then silence means nothing. */
  readonly readingSince: number | null;
  /** When this check was last made: a gap says that the event loop stood still, and what arrived is not read yet. */
  readonly lastCheck: number;
  readonly timings: LivenessTimings;
}

export type InboundVerdict = 'alive' | 'ask' | 'dead' | 'stalled';

/**
 * Whether the server still lives. A network that swallows everything ends no connection by itself, so silence is
 * answered by a question, and silence after that by giving up. `stalled`: we were not looking, so reading counts from
 * now on.
 */
export const inboundVerdict = (facts: InboundFacts): InboundVerdict => {
  const { now, lastInbound, readingSince, lastCheck, timings } = facts;
  if (readingSince === null) return 'alive';
  if (now - lastCheck > timings.statusEvery * 2) return 'stalled';
  const silence = now - Math.max(lastInbound, readingSince);
  if (silence >= timings.deadAfter) return 'dead';
  return silence >= timings.askAfter ? 'ask' : 'alive';
};
