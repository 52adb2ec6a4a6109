import {
  type PostgresServer,
  type PostgresSettings,
  startPostgres as start,
} from '../../packages/testkit/src/servers/index.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { newestPostgres, type PostgresVersion } from './postgres-version.ts';

/** Which server to start. */
export interface PostgresOptions {
  /** Major version; the newest unless told. */
  readonly version?: PostgresVersion;
  /** Settings that replace or add to the default ones. */
  readonly settings?: PostgresSettings;
}

/** Starts a private PostgreSQL from its npm package. */
export const startPostgres = async ({
  version = newestPostgres,
  settings = {},
}: PostgresOptions = {}): Promise<PostgresServer> => start({ binaries: await postgresBinaries(version), settings });
