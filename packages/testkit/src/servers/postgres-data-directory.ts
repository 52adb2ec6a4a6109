import { execFile } from 'node:child_process';
import { appendFile, chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from './cache-directory.ts';
import type { PostgresBinaries } from './embedded-postgres.ts';
import type { PostgresSettings } from './postgres-settings.ts';
import { type Account, serverAccount } from './server-account.ts';
import { assignSystemIdentifier } from './system-identifier.ts';

const run = promisify(execFile);

/** Name and password of the superuser of every started server. */
export const superuser = { name: 'postgres', password: 'postgres' } as const;

/** The environment of server programs: nothing of the caller's, so that no `PG…` variable or locale leaks in. */
export const serverEnvironment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * Fills `directory/data` with a fresh cluster. It comes from a copy made once per machine and
 * release, with a system identifier of its own. UTF-8, C locale, UTC, SCRAM for every connection.
 */
export async function createDataDirectory(
  binaries: PostgresBinaries,
  directory: string,
  settings: PostgresSettings,
): Promise<string> {
  const account = serverAccount();
  const template = await dataTemplate(binaries, account);
  const data = join(directory, 'data');
  await run('cp', ['-r', '--reflink=auto', '--preserve=mode', template, data], { ...account, cwd: directory });
  await assignSystemIdentifier(data);
  await configure(data, settings);
  return data;
}

/** Appends settings to postgresql.conf, where the last mention of a setting wins. */
function configure(data: string, settings: PostgresSettings): Promise<void> {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
  return appendFile(join(data, 'postgresql.conf'), lines.join(''));
}

async function dataTemplate(binaries: PostgresBinaries, account: Account): Promise<string> {
  const directory = await cached(`postgresql-${binaries.release}-data`, async (partial) => {
    const owned = join(partial, 'owned');
    await mkdir(owned);
    await chown(owned, account.uid, account.gid);
    const passwordFile = join(partial, 'password');
    await writeFile(passwordFile, superuser.password);
    await chmod(passwordFile, 0o644);
    const options = ['--no-sync', '--encoding=UTF8', '--no-locale', '--auth=scram-sha-256'];
    const identity = [`--username=${superuser.name}`, `--pwfile=${passwordFile}`];
    await run(binaries.initdb, [...options, ...identity, '-D', join(owned, 'data')], {
      ...account,
      cwd: partial,
      env: serverEnvironment,
    });
  });
  return join(directory, 'owned/data');
}
