import { type PostgresConnection, pinnedClientConfig } from '@millrace/postgres-client';
import pg from 'pg';

/** Opens a replication connection and asks it who it is. Rejects with what the driver or the server says. */
export const probeReplication = async (
  connection: PostgresConnection,
  applicationName: string,
  signal: AbortSignal,
): Promise<void> => {
  signal.throwIfAborted();
  const { config, socket } = pinnedClientConfig(connection, { applicationName });
  const client = new pg.Client({ ...config, replication: 'database' } as pg.ClientConfig);
  client.on('error', () => {});
  const abort = () => socket.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await client.connect();
    await client.query('IDENTIFY_SYSTEM');
    await client.end();
  } finally {
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
};
