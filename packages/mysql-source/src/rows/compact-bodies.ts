import type { EventRows } from './binlog-changes.ts';

/** Memory may hold that many bytes besides, or a quarter of it. */
const mostUnused = 1_024;

/**
 * Moves the bodies that came last into memory of their own, if that which they lie in holds much else: a socket reads the events
 * of other tables into it, too, and a view keeps all of it for as long as its batch lives (invariant 7).
 */
export const compactBodies = (events: EventRows[]): void => {
  const memory = events.at(-1)?.body.buffer;
  if (memory === undefined) return;
  let [first, used] = [events.length, 0];
  for (let event = events[first - 1]; event?.body.buffer === memory; event = events[first - 1]) {
    used += event.body.length;
    first -= 1;
  }
  if (memory.byteLength - used <= Math.max(mostUnused, memory.byteLength / 4)) return;
  const own = Buffer.allocUnsafeSlow(used);
  let at = 0;
  for (let number = first; number < events.length; number++) {
    const event = events[number];
    if (event === undefined) continue;
    const end = at + event.body.copy(own, at);
    events[number] = { ...event, body: own.subarray(at, end) };
    at = end;
  }
};
