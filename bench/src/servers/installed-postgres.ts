import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresBinaries } from '@millrace/testkit/servers';

const run = promisify(execFile);

/** The release in what `postgres --version` says, such as `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`. */
export const releaseOf = (text: string): string => {
  const release = /\(PostgreSQL\) (\d\S*)/.exec(text)?.[1];
  if (release === undefined) throw new Error(`No version of PostgreSQL: ${text}`);
  return release;
};

/** The programs in a directory such as `/usr/lib/postgresql/17/bin`. Rejects where they cannot be run. */
export const installedPostgres = async (directory: string): Promise<PostgresBinaries> => {
  const postgres = join(directory, 'postgres');
  const release = releaseOf((await run(postgres, ['--version'])).stdout);
  const place = directory.replaceAll(/\W+/g, '-');
  return {
    version: Number.parseInt(release, 10),
    release: release + place,
    initdb: join(directory, 'initdb'),
    postgres,
  };
};
