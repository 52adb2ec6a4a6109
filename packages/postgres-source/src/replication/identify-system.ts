import { type PostgresConnection, pinnedClientConfig } from '@millrace/postgres-client';
import pg from 'pg';

/**
 * Opens a replication connection and asks it which system it is of: the system identifier (PostgreSQL manual,
 * "Streaming Replication Protocol", IDENTIFY_SYSTEM). Rejects with what the driver or the server says.
 */
export const identifySystem = async (
  connection: PostgresConnection,
  applicationName: string,
  signal: AbortSignal,
): Promise<string> => {
  signal.throwIfAborted();
  const { config, socket } = pinnedClientConfig(connection, { applicationName });
  const client = new pg.Client({ ...config, replication: 'database' } as pg.ClientConfig);
  client.on('error', () => {});
  const abort = () => socket.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await client.connect();
    const { rows } = await client.query<{ systemid: string }>('IDENTIFY_SYSTEM');
    await client.end();
    return String(rows[0]?.systemid);
  } finally {
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
};
