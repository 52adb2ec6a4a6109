import { type ResolvedConnection, ScriptSession } from '@millrace/mysql-client';
import { sqlSinkError } from '../error-table.ts';
import { defaultSinkLimits } from './sink-limits.ts';

export interface SinkSessionOptions {
  readonly connection: ResolvedConnection;
  readonly streamId: string;
  /** How long it waits for a row, in whole seconds. */
  readonly rowPatience?: number;
  readonly signal: AbortSignal;
}

/**
 * Strict, and zero dates and a zero for a column that numbers its rows are values like others, as they are for the
 * server's own replicas.
 */
const sqlModes = [
  'STRICT_TRANS_TABLES',
  'STRICT_ALL_TABLES',
  'ERROR_FOR_DIVISION_BY_ZERO',
  'NO_ENGINE_SUBSTITUTION',
  'NO_AUTO_VALUE_ON_ZERO',
];

/** A statement that waits longer than so many seconds for a row fails. */
export const waitForRows = (seconds: number): string => `SET SESSION innodb_lock_wait_timeout = ${seconds}`;

const settings = [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  `SET SESSION sql_mode = '${sqlModes.join(',')}', foreign_key_checks = 0, unique_checks = 1, lock_wait_timeout = 60`,
];

/** The number in a greeting has 32 bits. */
const probe = 'SELECT CONNECTION_ID() % 4294967296 AS id, @@SESSION.sql_mode AS modes';

interface Probed {
  readonly id: string;
  readonly modes: string;
}

const poolerError = (reason: string) =>
  sqlSinkError(
    'POOLER_NOT_SUPPORTED',
    `The connection does not lead to a session of its own: ${reason}. A proxy that shares connections lies in between`,
    { hint: 'Connect to the server itself.' },
  );

/**
 * Opens a session to the target. Rejects `POOLER_NOT_SUPPORTED` where the server knows the connection by another number
 * than it was greeted with, so that it could not be ended by that number, or where settings do not arrive.
 */
export const openSinkSession = async (options: SinkSessionOptions): Promise<ScriptSession> => {
  const { connection, streamId, rowPatience = defaultSinkLimits.rowPatience, signal } = options;
  const doing = 'connect to the target';
  const session = await ScriptSession.open({
    connection,
    applicationName: `millrace ${streamId}`,
    signal,
    settings: [...settings, waitForRows(rowPatience)],
    flags: ['FOUND_ROWS', 'LOCAL_FILES'],
    stallCheck: 10_000,
    doing,
  });
  try {
    const [found] = await session.query<Probed>(probe, [], { signal, doing });
    if (found?.id !== String(session.threadId)) throw poolerError('its number is another one at the server');
    const modes = found.modes.split(',');
    if (modes.length !== sqlModes.length || !sqlModes.every((mode) => modes.includes(mode)))
      throw poolerError('the setting sql_mode does not reach the server');
    return session;
  } catch (error) {
    session.destroy();
    throw error;
  }
};
