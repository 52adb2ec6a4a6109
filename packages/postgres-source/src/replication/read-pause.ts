/** Behind by less than this counts as caught up: from there on latency matters more than CPU. */
const catchingUpLag = 1_000;
/**
 * Bytes after which reading ends for this turn of the event loop: what is decoded in it keeps the sink waiting. Fewer
 * mean that the socket held no more.
 */
export const longestRead = 256 * 1024;
const pause = 5;

/**
 * How long to leave the socket alone after a read, in milliseconds. The walsender sends one TCP segment per message
 * unless the socket is full, and a reader that is faster than it burns both of their CPUs in tiny reads; a short pause
 * whenever the socket has been emptied lets the segments add up. Only while catching up: on a stream that has caught up
 * it would be the largest part of the latency.
 */
export const readPause = (facts: { readonly lag: number; readonly bytes: number }): number =>
  facts.lag > catchingUpLag && facts.bytes > 0 && facts.bytes < longestRead ? pause : 0;
