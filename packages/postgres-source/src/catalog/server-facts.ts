import type { PostgresSession } from '@millrace/postgres-client';

export interface ServerFacts {
  /** E.g. 140012. */
  readonly version: number;
  /** The same for all copies of a database cluster, and for no other. */
  readonly system: string;
  readonly database: string;
  readonly inRecovery: boolean;
  /** `wal_sender_timeout` for this role and database, in milliseconds; 0: none. */
  readonly walSenderTimeout: number;
  /** The server's clock minus ours, in milliseconds. */
  readonly clockOffset: number;
}

interface Row {
  readonly version: string;
  readonly system: string;
  readonly database: string;
  readonly recovery: string;
  readonly timeout: string;
  readonly clock: string;
}

const query = `
  SELECT current_setting('server_version_num') AS version, c.system_identifier AS system,
    current_database() AS database, pg_is_in_recovery() AS recovery,
    (SELECT setting FROM pg_settings WHERE name = 'wal_sender_timeout') AS timeout,
    extract(epoch FROM clock_timestamp()) * 1000 AS clock
  FROM pg_control_system() c`;

/** What the server is (PostgreSQL manual, "Control Data Functions"). */
export const readServer = async (session: PostgresSession, signal?: AbortSignal): Promise<ServerFacts> => {
  const asked = Date.now();
  const { rows } = await session.query<Row>(query, [], { signal, doing: 'look at the server' });
  const answered = Date.now();
  const [row] = rows;
  if (row === undefined) throw new Error('a query without conditions returned no row');
  return {
    version: Number(row.version),
    system: row.system,
    database: row.database,
    inRecovery: row.recovery === 't',
    walSenderTimeout: Number(row.timeout),
    clockOffset: Number(row.clock) - (asked + answered) / 2,
  };
};
