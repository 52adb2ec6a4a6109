import { setTimeout } from 'node:timers/promises';
import type { BeginContext } from '@millrace/core';
import { type PostgresConnection, PostgresSession, postgresError, sqlstateOf } from '@millrace/postgres-client';
import { sourceError } from '../postgres-source-errors.ts';
import { ReplicationCommands } from '../replication/replication-commands.ts';
import { readExportedSnapshot } from '../snapshot/exported-snapshot.ts';
import type { TransactionSnapshot } from '../snapshot/transaction-snapshot.ts';
import { createSlotCommand } from './create-slot-command.ts';
import { type RunningTransaction, runningTransactions } from './slot-waits.ts';

export interface SlotRequest {
  readonly connection: PostgresConnection;
  readonly applicationName: string;
  readonly serverVersion: number;
  readonly slot: string;
  readonly failover: boolean;
  /** The server drops it when its connection ends. */
  readonly temporary: boolean;
  /** Whether it matters what had committed where the slot starts. */
  readonly exportSnapshot: boolean;
  /** `null`: the slot need not outlive this process. */
  readonly claim: Pick<BeginContext, 'claim' | 'disclaim'> | null;
  /** Called about every second with what the server waits for. */
  readonly waiting: (transactions: readonly RunningTransaction[]) => void;
  readonly signal: AbortSignal;
}

export interface CreatedSlot {
  readonly position: string;
  /** It sees exactly what had committed before `position`; `null` unless asked for. */
  readonly snapshot: TransactionSnapshot | null;
}

/** A slot beside the connection that made it. */
export interface OpenSlot extends AsyncDisposable {
  readonly position: string;
  /** The name of the snapshot, which can be imported as long as the connection lasts; `null` unless asked for. */
  readonly snapshot: string | null;
}

const reportEvery = 1_000;

/**
 * Makes the slot and says where it starts. The server waits for every running transaction, however long that takes
 * (PostgreSQL manual, "CREATE_REPLICATION_SLOT"). Aborted, the half-made slot is removed by the server itself within
 * about a second, because it is told to look whether its client is still there; where it cannot do that, its process is
 * ended.
 */
export const openSlot = async (request: SlotRequest): Promise<OpenSlot> => {
  const { slot, claim, signal } = request;
  let commands: ReplicationCommands | null = null;
  try {
    commands = await ReplicationCommands.open(request);
    const done = new AbortController();
    const { pid, watched } = await prepare(commands);
    const waits = reportWaits(request, pid, AbortSignal.any([signal, done.signal]));
    try {
      await claim?.claim();
      const created = await commands.run(createSlotCommand(request)).catch(async (error) => {
        if (isRefusal(error)) await claim?.disclaim();
        throw error;
      });
      const close = commands[Symbol.asyncDispose].bind(commands);
      return {
        position: created?.consistent_point ?? '',
        snapshot: created?.snapshot_name ?? null,
        [Symbol.asyncDispose]: close,
      };
    } catch (error) {
      if (signal.aborted && !watched) await terminate(request, pid);
      throw error;
    } finally {
      done.abort();
      await waits;
    }
  } catch (error) {
    await commands?.[Symbol.asyncDispose]();
    signal.throwIfAborted();
    if (sqlstateOf(error) === '53400') {
      throw sourceError('NO_FREE_SLOT', 'The server has no free replication slot', {
        hint: 'raise max_replication_slots, or drop a slot that nobody uses',
        cause: error,
      });
    }
    throw postgresError(error, `make the replication slot ${slot}`);
  }
};

/** As `openSlot`, with what the snapshot sees, which is not kept. */
export const createSlot = async (request: SlotRequest): Promise<CreatedSlot> => {
  await using slot = await openSlot(request);
  const { position, snapshot } = slot;
  return { position, snapshot: snapshot === null ? null : await exported(request, snapshot) };
};

/** The server has said that there is no slot. When it ends the connection, its answer may be missing. */
const isRefusal = (error: unknown): boolean => /^(?!08|57|XX)/.test(sqlstateOf(error) ?? 'XX');

/** `watched`: the server notices by itself that its client is gone, which it can do on some platforms only. */
const prepare = async (commands: ReplicationCommands) => {
  const watch = "SELECT pg_catalog.set_config('client_connection_check_interval', '500', false)";
  const watched = await commands.run(watch).then(
    () => true,
    () => false,
  );
  // It begins to look with the next SQL statement, and goes on during the command behind that.
  const row = await commands.run('SELECT pg_catalog.pg_backend_pid() AS pid');
  return { pid: Number(row?.pid), watched };
};

const exported = async (request: SlotRequest, name: string): Promise<TransactionSnapshot> => {
  const { connection, applicationName, signal } = request;
  await using session = await PostgresSession.open(connection, { applicationName, signal });
  return await readExportedSnapshot(session, name, signal);
};

const reportWaits = async (request: SlotRequest, pid: number, signal: AbortSignal): Promise<void> => {
  const { connection, applicationName, waiting } = request;
  try {
    await setTimeout(reportEvery, undefined, { signal });
    await using session = await PostgresSession.open(connection, { applicationName, signal });
    for (;;) {
      waiting(await runningTransactions(session, { exceptPid: pid }, signal));
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
