import { chmod, chown, mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from './cache-directory.ts';
import type { Account } from './server-account.ts';

/** A new directory for one server, which the account of the server can fill and delete. */
export async function createServerDirectory(name: string, account: Account): Promise<string> {
  const servers = join(cacheDirectory(), 'servers');
  await mkdir(servers, { recursive: true });
  await give(servers, account);
  const directory = await mkdtemp(join(servers, `${name}-`));
  await give(directory, account);
  return directory;
}

async function give(directory: string, account: Account): Promise<void> {
  await chown(directory, account.uid, account.gid);
  await chmod(directory, 0o755);
}
