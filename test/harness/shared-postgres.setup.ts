import {
  embeddedPostgresRunsHere,
  externalPostgres,
  type PostgresEndpoint,
} from '../../packages/testkit/src/servers/index.ts';
import { dockerPostgres } from './docker-postgres.ts';

import type { PostgresVersion } from './postgres-version.ts';
import { postgresVersions, sharedServersVariable } from './shared-postgres.ts';
import { startPostgres } from './start-postgres.ts';

/**
 * Provides the servers of a test run before its first test, and stops those it started after the
 * last: the running server that `MILLRACE_TEST_POSTGRES` names, or private ones from npm packages,
 * or containers where those packages do not run.
 */
export default async function provideServers(): Promise<() => Promise<void>> {
  // Another project of the run has them already.
  if (process.env[sharedServersVariable] !== undefined) return async () => {};
  const external = process.env.MILLRACE_TEST_POSTGRES;
  const started = external === undefined ? await Promise.all(postgresVersions().map(start)) : [];
  const servers = external === undefined ? started : [await externalPostgres(external)];
  const urls = servers.map((server): [number, string] => [server.version, server.url()]);
  process.env[sharedServersVariable] = JSON.stringify(Object.fromEntries(urls));
  return async () => {
    delete process.env[sharedServersVariable];
    for (const server of started) await server[Symbol.asyncDispose]();
  };
}

async function start(version: PostgresVersion): Promise<PostgresEndpoint & AsyncDisposable> {
  if (embeddedPostgresRunsHere) return startPostgres({ version });
  try {
    return await dockerPostgres(version);
  } catch (cause) {
    const reason = `the PostgreSQL packages run on Linux x64, not on ${process.platform} ${process.arch}, and Docker failed`;
    throw new Error(`No PostgreSQL for the tests: ${reason}. MILLRACE_TEST_POSTGRES can name a server.`, { cause });
  }
}
