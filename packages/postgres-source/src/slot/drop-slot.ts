import type { PostgresSession } from '@millrace/postgres-client';
import { sourceError } from '../postgres-source-errors.ts';
import { freeSlot } from './free-slot.ts';

/** Drops the slot if it is there, ending this stream's own connection to it first. Rejects `SLOT_IN_USE` for others. */
export const dropSlot = async (session: PostgresSession, name: string, signal: AbortSignal): Promise<void> => {
  const slot = await freeSlot(session, name, signal);
  if (slot === null) return;
  if (slot.activePid !== null) {
    throw sourceError('SLOT_IN_USE', `Slot ${name} is held by process ${slot.activePid} and cannot be dropped`, {
      hint: `SELECT pg_terminate_backend(${slot.activePid})`,
      details: { slot: name, pid: slot.activePid, holder: slot.holder },
    });
  }
  await session.query('SELECT pg_drop_replication_slot($1)', [name], { signal, doing: `drop slot ${name}` });
};
