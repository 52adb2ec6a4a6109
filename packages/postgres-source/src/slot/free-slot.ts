import { setTimeout } from 'node:timers/promises';
import type { PostgresSession } from '@millrace/postgres-client';
import { ownName, readSlot, type SlotFacts } from './slot-facts.ts';

/** In one statement, so that the process that is ended is certainly the one that holds the slot. */
const terminate = `
  SELECT pg_terminate_backend(s.active_pid)
  FROM pg_replication_slots s JOIN pg_stat_activity a ON a.pid = s.active_pid
  WHERE s.slot_name = $1 AND a.application_name = ${ownName}`;

const patience = 10_000;
const interval = 20;

/**
 * Ends the connection of this stream that holds the slot, whichever process it belongs to, and waits until the slot
 * is free. Returns the slot as it is then: still active when somebody else holds it or when it was not freed within
 * 10 s, `null` when it does not exist.
 */
export const freeSlot = async (
  session: PostgresSession,
  name: string,
  signal: AbortSignal,
): Promise<SlotFacts | null> => {
  const deadline = performance.now() + patience;
  for (;;) {
    const slot = await readSlot(session, name, signal);
    if (slot === null || slot.activePid === null) return slot;
    if (slot.holder !== null && !slot.ours) return slot;
    if (performance.now() > deadline) return slot;
    await session.query(terminate, [name], { signal, doing: 'take over the replication slot' });
    await setTimeout(interval, undefined, { signal });
  }
};
