/** All in milliseconds. */
export interface DumpTimings {
  /** The server sends a heartbeat when it has had nothing else to send for this long. */
  readonly heartbeat: number;
  /** After this long without anything from the server, while we read, it counts as gone. */
  readonly deadAfter: number;
  /** As `deadAfter`, until the first event: some servers look through a whole file for it and say nothing meanwhile. */
  readonly deadBeforeFirst: number;
  readonly checkEvery: number;
}

/** How often an idle server sends a heartbeat, in milliseconds. */
const defaultHeartbeat = 10_000;

/**
 * How long the server waits for a consumer that takes nothing, in seconds, as `net_write_timeout` of the dump's session.
 * A longer block costs a new connection, and nothing else.
 */
export const defaultPatience = 3_600;

/** Four heartbeats may fail to come before the server counts as gone. */
export const dumpTimings = (heartbeat: number = defaultHeartbeat): DumpTimings => ({
  heartbeat,
  deadAfter: heartbeat * 4,
  deadBeforeFirst: heartbeat * 40,
  checkEvery: heartbeat / 2,
});
