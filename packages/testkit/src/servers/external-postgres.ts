import pg from 'pg';
import type { PostgresEndpoint } from './postgres-endpoint.ts';

/**
 * A running server, named by the connection string of a superuser. Fails with what is wrong when
 * the server cannot be used for tests.
 */
export async function externalPostgres(connectionString: string): Promise<PostgresEndpoint> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<{ version: string; wal_level: string; is_superuser: string }>(
      `SELECT current_setting('server_version_num') AS version, current_setting('wal_level') AS wal_level,
              current_setting('is_superuser') AS is_superuser`,
    );
    const [server] = rows;
    if (server?.wal_level !== 'logical') throw new Error('The test server needs wal_level = logical');
    if (server.is_superuser !== 'on') throw new Error('The tests need a superuser');
    return endpointOf(connectionString, Math.trunc(Number(server.version) / 10_000));
  } finally {
    await client.end();
  }
}

/** The server behind a connection string whose major version is known. */
export function endpointOf(connectionString: string, major: number): PostgresEndpoint {
  const base = new URL(connectionString);
  return {
    version: major,
    host: base.hostname,
    port: Number(base.port || 5432),
    url: (database = 'postgres') => {
      const url = new URL(base);
      url.pathname = `/${database}`;
      return url.href;
    },
  };
}
