import {
  applicationName,
  type PostgresConnection,
  PostgresSession,
  quoteLiteral,
  sqlstateOf,
} from '@millrace/postgres-client';
import { sqlSinkError } from '../error-table.ts';
import { isTrue } from './boolean-text.ts';

export interface SinkSessionOptions {
  readonly connection: PostgresConnection;
  readonly streamId: string;
  readonly signal: AbortSignal;
  /** Milliseconds an open transaction may stay idle before the server ends it. */
  readonly idleTransactionTimeout: number;
}

/**
 * What the sink's own sessions need beside the settings that every session pins. A peer that is gone is noticed by
 * the server in about half a minute, so that its locks do not outlive it (tcp_*). `row_security = off` makes a policy
 * that would hide rows an error. `synchronous_commit` stays as the server has it: durable is what it says (invariant 1).
 */
const settingsOf = (options: SinkSessionOptions): Readonly<Record<string, string>> => ({
  idle_in_transaction_session_timeout: String(options.idleTransactionTimeout),
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '25000',
  default_transaction_read_only: 'off',
  row_security: 'off',
  jit: 'off',
  // Staging tables have no statistics: the rows they name are to be found by the key of the target table.
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
});

/** What must be in force for statements to mean what they say; a pooler may drop or share settings. */
const probes: Readonly<Record<string, string>> = {
  search_path: '""',
  DateStyle: 'ISO',
  standard_conforming_strings: 'on',
  row_security: 'off',
};

const probe = `SELECT pg_backend_pid() AS pid, ${Object.keys(probes)
  .map((name) => `current_setting(${quoteLiteral(name)}) AS "${name}"`)
  .join(', ')}`;

const inForce = (name: string, value: string | undefined, wanted: string): boolean =>
  name === 'DateStyle' ? value?.startsWith(wanted) === true : value === wanted || (wanted === '""' && value === '');

/**
 * Opens a session to the target. Rejects `POOLER_NOT_SUPPORTED` where statements of one session reach several server
 * processes, or settings do not arrive.
 */
export const openSinkSession = async (options: SinkSessionOptions): Promise<PostgresSession> => {
  const { connection, streamId, signal } = options;
  const doing = 'connect to the target';
  const session = await PostgresSession.open(connection, {
    applicationName: applicationName(streamId),
    settings: settingsOf(options),
    signal,
    doing,
    stallCheck: 10_000,
  }).catch((error) => {
    // A server never finds fault with a startup packet of ours; poolers refuse the parameter `options`.
    throw sqlstateOf(error) === '08P01' ? poolerError('it refuses startup options', error) : error;
  });
  try {
    const first = await session.query<Record<string, string>>(probe, [], { signal, doing });
    const second = await session.query<Record<string, string>>(probe, [], { signal, doing });
    const [one, two] = [first.rows[0], second.rows[0]];
    if (one?.pid !== two?.pid) throw poolerError('two statements of one session ran in two server processes');
    for (const [name, wanted] of Object.entries(probes))
      if (!inForce(name, two?.[name], wanted)) throw poolerError(`the setting ${name} does not reach the server`);
    return session;
  } catch (error) {
    session.destroy();
    throw error;
  }
};

const poolerError = (reason: string, cause?: unknown) =>
  sqlSinkError(
    'POOLER_NOT_SUPPORTED',
    `The connection does not lead to a PostgreSQL session of its own: ${reason}. A pooler in transaction mode lies in between`,
    { hint: 'Connect to the server itself, or to a pool in session mode that passes startup options on.', cause },
  );

/**
 * Rejects `SERVER_READ_ONLY` at a standby. While another server takes over, the name of the target may lead to one that it
 * took over from, or that is still to be promoted.
 */
export const requirePrimary = async (session: PostgresSession, signal: AbortSignal): Promise<void> => {
  const ask = 'SELECT pg_is_in_recovery() AS recovery';
  const { rows } = await session.query<{ recovery: string }>(ask, [], {
    signal,
    doing: 'look whether it can be written',
  });
  if (isTrue(rows[0]?.recovery ?? null))
    throw sqlSinkError('SERVER_READ_ONLY', 'The target is a standby: nothing can be written there', {
      hint: 'Connect to the primary server, or promote this one.',
    });
};

/**
 * Switches foreign keys and triggers off for this session, as PostgreSQL's own apply worker does. False where the
 * role may not.
 */
export const disableTriggers = async (session: PostgresSession, signal: AbortSignal): Promise<boolean> => {
  try {
    await session.query('SET session_replication_role = replica', [], { signal, doing: 'switch triggers off' });
    return true;
  } catch (error) {
    if (sqlstateOf(error) === '42501') return false;
    throw error;
  }
};

/** Whether the role may make temporary tables in this database. */
export const mayMakeTemporaryTables = async (session: PostgresSession, signal: AbortSignal): Promise<boolean> => {
  const ask = "SELECT has_database_privilege(current_database(), 'TEMP') AS allowed";
  const { rows } = await session.query<{ allowed: string }>(ask, [], { signal, doing: 'look for privileges' });
  return isTrue(rows[0]?.allowed ?? null);
};
