import type { PostgresSession } from '@millrace/postgres-client';
import { sourceError } from '../postgres-source-errors.ts';
import { readSlot } from './slot-facts.ts';

/**
 * The log kept for the slot and how much it may become, in bytes: what is kept and what may still be written before
 * the server gives the slot up (PostgreSQL manual, "pg_replication_slots", `safe_wal_size`). `limit` is `null` where
 * it keeps everything. A lost slot has nothing left of its limit.
 */
export const readRetention = async (
  session: PostgresSession,
  name: string,
  signal: AbortSignal,
): Promise<{ readonly bytes: number; readonly limit: number | null }> => {
  const slot = await readSlot(session, name, signal);
  if (slot === null) throw sourceError('SLOT_MISSING', `Replication slot ${name} does not exist`);
  const { retained, safe, walStatus } = slot;
  if (walStatus === 'lost') return { bytes: retained, limit: 0 };
  return { bytes: retained, limit: safe === null ? null : Math.max(0, retained + safe) };
};
