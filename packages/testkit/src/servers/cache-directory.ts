import { randomUUID } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { tryLock } from './cache-lock.ts';

/**
 * A directory of this user's own that outlives test runs: unpacked programs, prepared data
 * directories. It may be deleted whenever no test runs.
 */
export function cacheDirectory(): string {
  const uid = process.getuid?.() ?? 'user';
  // Root hands its cache to another account, which may not be able to enter root's TMPDIR.
  const directory = join(uid === 0 ? '/tmp' : tmpdir(), `millrace-${uid}`);
  mkdirSync(directory, { recursive: true });
  const owner = lstatSync(directory);
  if (!owner.isDirectory() || (typeof uid === 'number' && owner.uid !== uid)) {
    throw new Error(`${directory} belongs to another user; remove it or set TMPDIR`);
  }
  chmodSync(directory, 0o755); // whatever the umask: servers may run under another account
  return directory;
}

/**
 * The cached directory `name`, made by `build` on first use. `build` fills an empty directory that
 * becomes visible under its name only when it is complete, so a crash half-way or two test runs at
 * once leave either nothing or a whole directory. While one process or call builds, the others wait for it.
 */
export async function cached(name: string, build: (directory: string) => Promise<void>): Promise<string> {
  const cache = cacheDirectory();
  const target = join(cache, name);
  for (;;) {
    if (await exists(target)) return target;
    const release = await tryLock(`${target}.lock`);
    if (release === undefined) {
      await setTimeout(100);
      continue;
    }
    try {
      return await make(cache, name, build);
    } finally {
      await release();
    }
  }
}

async function make(cache: string, name: string, build: (directory: string) => Promise<void>): Promise<string> {
  const target = join(cache, name);
  // Somebody else may have made it between our look and our lock.
  if (await exists(target)) return target;
  await removeAbandoned(cache);
  const partial = join(cache, `${name}.${process.pid}.${randomUUID()}.partial`);
  await mkdir(partial);
  await chmod(partial, 0o755);
  try {
    await build(partial);
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (!(await exists(target))) throw error;
  }
  return target;
}

async function removeAbandoned(cache: string): Promise<void> {
  for (const entry of await readdir(cache)) {
    const pid = /\.(\d+)\.[0-9a-f-]{36}\.partial$/.exec(entry)?.[1];
    if (pid === undefined || (await exists(`/proc/${pid}`))) continue;
    await rm(join(cache, entry), { recursive: true, force: true });
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
