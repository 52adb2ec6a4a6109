import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { embeddedPostgres, type PostgresBinaries } from '../../packages/testkit/src/servers/index.ts';
import type { PostgresVersion } from './postgres-version.ts';

const { resolve } = createRequire(import.meta.url);

/** The programs of a PostgreSQL version, from its npm package. */
export const postgresBinaries = (version: PostgresVersion): Promise<PostgresBinaries> =>
  embeddedPostgres(dirname(dirname(resolve(`postgresql-${version}`))));
