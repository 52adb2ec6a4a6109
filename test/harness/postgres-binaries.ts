import { execFile } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from './cache-directory.ts';
import type { PostgresVersion } from './postgres-version.ts';

const run = promisify(execFile);
const { resolve } = createRequire(import.meta.url);

/** Programs of one PostgreSQL version. */
export interface PostgresBinaries {
  /** The exact release, as the npm package names it. */
  readonly release: string;
  readonly initdb: string;
  readonly postgres: string;
}

/** True where the npm packages hold programs that this machine can run. */
export const embeddedPostgresRunsHere = process.platform === 'linux' && process.arch === 'x64';

/**
 * The programs of a PostgreSQL version, from its npm package. They are run from a copy in the
 * cache: the account of the server can read it wherever the repository lies, and the copy has the
 * library links that an npm package cannot hold and its install script would have made.
 */
export async function postgresBinaries(version: PostgresVersion): Promise<PostgresBinaries> {
  if (!embeddedPostgresRunsHere) {
    throw new Error(`PostgreSQL ${version} from npm runs on Linux x64, not on ${process.platform} ${process.arch}`);
  }
  const packageRoot = dirname(dirname(resolve(`postgresql-${version}`)));
  const release = parseRelease(await readFile(join(packageRoot, 'package.json'), 'utf8'));
  const directory = await cached(`postgresql-${release}`, async (copy) => {
    await run('cp', ['-r', join(packageRoot, 'native'), copy]);
    for (const link of parseLinks(await readFile(join(copy, 'native/pg-symlinks.json'), 'utf8'))) {
      await symlink(basename(link.source), join(copy, link.target));
    }
    await run('chmod', ['-R', 'a+rX', copy]);
  });
  const bin = join(directory, 'native/bin');
  return { release, initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
}

function parseRelease(packageJson: string): string {
  const { version } = JSON.parse(packageJson) as { version: string };
  return version;
}

const parseLinks = (json: string): { source: string; target: string }[] => JSON.parse(json);
