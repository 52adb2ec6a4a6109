import { type PostgresSession, sqlstateOf } from '@millrace/postgres-client';

/** How the log lies in files, in bytes (PostgreSQL manual, "Preset Options"). */
export interface LogLayout {
  readonly page: number;
  readonly segment: number;
}

export interface ServerFacts {
  /** E.g. 140012. */
  readonly version: number;
  readonly database: string;
  readonly inRecovery: boolean;
  /** `wal_sender_timeout` for this role and database, in milliseconds; 0: none. */
  readonly walSenderTimeout: number;
  readonly log: LogLayout;
  /** The server's clock minus ours, in milliseconds. */
  readonly clockOffset: number;
}

interface Row {
  readonly version: string;
  readonly database: string;
  readonly recovery: string;
  readonly timeout: string;
  readonly page: string;
  readonly segment: string;
  readonly clock: string;
}

const query = `
  SELECT current_setting('server_version_num') AS version, current_database() AS database, pg_is_in_recovery() AS recovery,
    (SELECT setting FROM pg_settings WHERE name = 'wal_sender_timeout') AS timeout,
    (SELECT setting FROM pg_settings WHERE name = 'wal_block_size') AS page,
    (SELECT setting FROM pg_settings WHERE name = 'wal_segment_size') AS segment,
    extract(epoch FROM clock_timestamp()) * 1000 AS clock`;

/** What the server is, as far as reading from it matters. */
export const readServer = async (session: PostgresSession, signal?: AbortSignal): Promise<ServerFacts> => {
  const asked = Date.now();
  const { rows } = await session.query<Row>(query, [], { signal, doing: 'look at the server' });
  const answered = Date.now();
  const [row] = rows;
  if (row === undefined) throw new Error('a query without conditions returned no row');
  return {
    version: Number(row.version),
    database: row.database,
    inRecovery: row.recovery === 't',
    walSenderTimeout: Number(row.timeout),
    log: { page: Number(row.page), segment: Number(row.segment) },
    clockOffset: Number(row.clock) - (asked + answered) / 2,
  };
};

/**
 * The system identifier: the same for all copies of a database cluster, and for no other; `null` where our role may
 * not ask (PostgreSQL manual, "Control Data Functions").
 */
export const readSystem = async (session: PostgresSession, signal?: AbortSignal): Promise<string | null> => {
  try {
    const text = 'SELECT system_identifier AS id FROM pg_control_system()';
    const { rows } = await session.query<{ id: string }>(text, [], { signal, doing: 'identify the server' });
    return rows[0]?.id ?? null;
  } catch (error) {
    if (sqlstateOf(error) === '42501') return null;
    throw error;
  }
};
