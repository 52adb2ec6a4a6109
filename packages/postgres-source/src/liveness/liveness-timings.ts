/** All in milliseconds. */
export interface LivenessTimings {
  /** A status goes out at least this often, whatever the sink does. */
  readonly statusEvery: number;
  /** After this long without anything from the server it is asked for an answer. */
  readonly askAfter: number;
  /** After this long without anything from the server, while we read, it counts as gone. */
  readonly deadAfter: number;
}

const longestStatusInterval = 10_000;
/** The server's default of `wal_sender_timeout`, used where it is switched off. */
const defaultTimeout = 60_000;

/**
 * When to speak and when to give up, from the `wal_sender_timeout` in force for this connection (0: the server never
 * gives up). The server asks for a sign of life when half of its timeout has passed without one (PostgreSQL manual,
 * "wal_sender_timeout"): a third of it comes before that, and leaves the server's question as a sign that something is
 * different, i.e. that it shuts down. Invariant 11 promises 75 %.
 */
export const livenessTimings = (walSenderTimeout: number): LivenessTimings => {
  const timeout = walSenderTimeout > 0 ? walSenderTimeout : defaultTimeout;
  return {
    statusEvery: Math.max(1, Math.min(longestStatusInterval, Math.floor(timeout / 3))),
    askAfter: Math.ceil(timeout / 2),
    deadAfter: timeout * 2,
  };
};
