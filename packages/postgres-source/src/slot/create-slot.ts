import { setTimeout } from 'node:timers/promises';
import { MillraceError } from '@millrace/core';
import { type PostgresConnection, PostgresSession } from '@millrace/postgres-client';
import { type RunningTransaction, runningTransactions } from './slot-waits.ts';

export interface SlotRequest {
  readonly connection: PostgresConnection;
  readonly applicationName: string;
  readonly slot: string;
  readonly failover: boolean;
  /** Called about every second with what the server waits for. */
  readonly waiting: (transactions: readonly RunningTransaction[]) => void;
  readonly signal: AbortSignal;
}

const reportEvery = 1_000;

/**
 * Makes the slot and returns the position it starts at. The server waits for every running transaction, however long
 * that takes (PostgreSQL manual, "CREATE_REPLICATION_SLOT"). Aborted, the half-made slot is removed by the server
 * itself within about a second, because it is told to look whether its client is still there; where it cannot do that,
 * its process is ended.
 */
export const createSlot = async (request: SlotRequest): Promise<string> => {
  const { connection, applicationName, signal } = request;
  const creating = await PostgresSession.open(connection, { applicationName, doing: 'make the slot', signal });
  const done = new AbortController();
  try {
    const { pid, watched } = await prepare(creating, signal);
    const waits = reportWaits(request, pid, AbortSignal.any([signal, done.signal]));
    try {
      return await create(creating, request);
    } catch (error) {
      if (signal.aborted && !watched) await terminate(request, pid);
      throw error;
    } finally {
      done.abort();
      await waits;
    }
  } finally {
    await creating.close();
  }
};

/** `watched`: the server notices by itself that its client is gone, which it can do on some platforms only. */
const prepare = async (session: PostgresSession, signal: AbortSignal) => {
  const watched = await session
    .query("SELECT set_config('client_connection_check_interval', '500', false)", [], { signal })
    .then(() => true)
    .catch((error) => {
      if (!(error instanceof MillraceError) || error.code === 'CONNECTION_LOST') throw error;
      return false;
    });
  const { rows } = await session.query<{ pid: string }>('SELECT pg_backend_pid() AS pid', [], { signal });
  return { pid: Number(rows[0]?.pid), watched };
};

const create = async (session: PostgresSession, { slot, failover, signal }: SlotRequest): Promise<string> => {
  const options = failover ? ', false, false, true' : '';
  const { rows } = await session.query<{ lsn: string }>(
    `SELECT lsn FROM pg_create_logical_replication_slot($1, 'pgoutput'${options})`,
    [slot],
    { signal, doing: `make the replication slot ${slot}` },
  );
  return rows[0]?.lsn ?? '';
};

const reportWaits = async (request: SlotRequest, pid: number, signal: AbortSignal): Promise<void> => {
  const { connection, applicationName, waiting } = request;
  try {
    await setTimeout(reportEvery, undefined, { signal });
    await using session = await PostgresSession.open(connection, { applicationName, signal });
    for (;;) {
      waiting(await runningTransactions(session, pid, signal));
      await setTimeout(reportEvery, undefined, { signal });
    }
  } catch {
    // Only a report is lost: whether the slot is made is decided elsewhere.
  }
};

const terminate = async ({ connection, applicationName }: SlotRequest, pid: number): Promise<void> => {
  const signal = AbortSignal.timeout(900);
  try {
    await using session = await PostgresSession.open(connection, { applicationName, signal });
    await session.query('SELECT pg_terminate_backend($1)', [String(pid)], { signal });
  } catch {
    // The slot stays claimed: the next begin removes it.
  }
};
