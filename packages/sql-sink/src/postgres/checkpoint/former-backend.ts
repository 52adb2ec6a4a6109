import { setTimeout } from 'node:timers/promises';
import { type PostgresSession, sqlstateOf } from '@millrace/postgres-client';
import type { StoredRow } from '../../checkpoint/checkpoint-row.ts';

/** A row of the checkpoint table, every value as text. */
export interface CheckpointRow extends StoredRow {
  readonly backend_pid: string | null;
  readonly backend_start: string | null;
}

/** A server process. Its number alone is used again, so its start belongs to its name. */
export interface Backend {
  readonly pid: string;
  readonly start: string;
}

export interface TerminationOptions {
  /** Milliseconds after which the wait is given up. */
  readonly patience: number;
  readonly signal: AbortSignal;
  /** Called once when the role may not terminate it, so that its own timeouts have to. */
  readonly onForbidden: () => void;
}

const pollInterval = 25;

/**
 * Whether the server process `a` is the one that started then, as SQL. The start of another role's process is hidden, but not
 * whose connection it says it is: the number alone may by now be that of anybody, who must not be ended, nor waited for.
 */
export const startedThen = (start: string): string =>
  `(a.backend_start = ${start} OR a.backend_start IS NULL AND a.application_name = current_setting('application_name'))`;

const sameStart = startedThen('$2');

const isAlive = async (session: PostgresSession, { pid, start }: Backend, signal: AbortSignal): Promise<boolean> => {
  const { rowCount } = await session.query(
    `SELECT 1 FROM pg_stat_get_activity($1) AS a WHERE ${sameStart}`,
    [pid, start],
    { signal, doing: 'look for the connection that wrote before' },
  );
  return rowCount > 0;
};

/** Whether it holds the locks of a transaction that wrote something: without one it is in nobody's way. */
const holdsTransaction = async (session: PostgresSession, { pid }: Backend, signal: AbortSignal): Promise<boolean> => {
  const { rowCount } = await session.query(
    "SELECT 1 FROM pg_locks WHERE pid = $1 AND locktype = 'transactionid' AND granted LIMIT 1",
    [pid],
    { signal, doing: 'look at the locks of the connection that wrote before' },
  );
  return rowCount > 0;
};

/** False where the role may not. */
const terminate = async (session: PostgresSession, { pid, start }: Backend, signal: AbortSignal): Promise<boolean> => {
  try {
    await session.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_get_activity($1) AS a WHERE ${sameStart}`,
      [pid, start],
      { signal, doing: 'terminate the connection that wrote before' },
    );
    return true;
  } catch (error) {
    if (sqlstateOf(error) === '42501') return false;
    throw error;
  }
};

/**
 * Ends the connection that wrote before, and resolves when it is gone: an orphan may hold row locks as long as it
 * lives. Without the right to end it, waits until it holds no transaction. Resolves with false when that took longer
 * than `patience`.
 */
export const terminateFormerBackend = async (
  session: PostgresSession,
  backend: Backend,
  { patience, signal, onForbidden }: TerminationOptions,
): Promise<boolean> => {
  const deadline = performance.now() + patience;
  let forbidden = false;
  while (await isAlive(session, backend, signal)) {
    if (!forbidden && !(await terminate(session, backend, signal))) {
      forbidden = true;
      if (await holdsTransaction(session, backend, signal)) onForbidden();
    }
    if (forbidden && !(await holdsTransaction(session, backend, signal))) return true;
    if (performance.now() > deadline) return false;
    await setTimeout(pollInterval, undefined, { signal });
  }
  return true;
};

/** Connections of the same stream that left a transaction open on the checkpoint table, e.g. in the middle of opening. */
export const abandonedBackends = async (
  session: PostgresSession,
  table: string,
  signal: AbortSignal,
): Promise<readonly Backend[]> => {
  const { rows } = await session.query<Backend>(
    `SELECT a.pid, a.backend_start AS start
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.relation = $1::regclass AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.mode IN ('RowExclusiveLock', 'RowShareLock') AND a.pid <> pg_backend_pid()
  AND a.application_name = current_setting('application_name')
  AND a.state LIKE 'idle in transaction%' AND a.state_change < clock_timestamp() - interval '1 second'`,
    [table],
    { signal, doing: 'look for connections that hold the checkpoint' },
  );
  return rows;
};
