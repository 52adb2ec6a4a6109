import { type PostgresEndpoint, postgresUrl } from '../../packages/testkit/src/servers/index.ts';
import { superuser } from '../../packages/testkit/src/servers/postgres-data-directory.ts';
import type { PostgresVersion } from './postgres-version.ts';

/**
 * Starts PostgreSQL in Docker, for machines that the npm packages hold no programs for. Not
 * exercised where those packages work; its process cannot be controlled.
 */
export async function dockerPostgres(version: PostgresVersion): Promise<PostgresEndpoint & AsyncDisposable> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const settings = [
    'wal_level=logical',
    'max_wal_senders=20',
    'max_replication_slots=20',
    'max_prepared_transactions=10',
  ];
  const container = await new GenericContainer(`postgres:${version}`)
    .withEnvironment({ POSTGRES_PASSWORD: superuser.password })
    .withCommand(['postgres', ...settings.flatMap((setting) => ['-c', setting])])
    .withExposedPorts(5432)
    // The image starts the server once to set it up and once to stay.
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .start();
  const address = { host: container.getHost(), port: container.getMappedPort(5432) };
  return {
    version,
    ...address,
    url: (database) => postgresUrl(address, database),
    [Symbol.asyncDispose]: async () => {
      await container.stop();
    },
  };
}
