import { endpointOf, type PostgresEndpoint } from '../../packages/testkit/src/servers/index.ts';
import { asPostgresVersion, knownPostgresVersions, newestPostgres, type PostgresVersion } from './postgres-version.ts';

/** Environment variable through which a test run tells its workers the servers it started: version to connection string. */
export const sharedServersVariable = 'MILLRACE_TEST_SHARED_POSTGRES';

/**
 * The versions that tests of every version run on: the oldest and the newest, all known ones with
 * `MILLRACE_TEST_ALL_VERSIONS=1`, or the one of the server that `MILLRACE_TEST_POSTGRES` names.
 */
export function postgresVersions(): PostgresVersion[] {
  const started = Object.keys(sharedServers()).map((version) => asPostgresVersion(Number(version)));
  if (started.length > 0) return started;
  if (process.env.MILLRACE_TEST_ALL_VERSIONS === '1') return [...knownPostgresVersions];
  return [knownPostgresVersions[0], newestPostgres];
}

/**
 * The server of this version that all tests of a run use, each in a database of its own; the
 * newest that runs unless told. Tests must not stop it or change its settings.
 */
export function sharedPostgres(version = postgresVersions().at(-1) ?? newestPostgres): PostgresEndpoint {
  const url = sharedServers()[version];
  if (url === undefined) throw new Error(`This run has no PostgreSQL ${version}: it serves tests named *.pg.test.ts`);
  return endpointOf(url, version);
}

const sharedServers = (): Record<string, string> => JSON.parse(process.env[sharedServersVariable] ?? '{}');
