import { readlink, rm, symlink } from 'node:fs/promises';
import { processIdentity } from '../processes/process-table.ts';

/**
 * Takes a lock that is a link at `path`, whose target names the process that holds it: there with its content or not at
 * all. Gives what releases it; `undefined` while a process that runs holds it. A lock whose process has ended is taken
 * over; two that do so at once may both believe they hold it, so it saves work and is nothing to rely upon.
 */
export async function tryLock(path: string): Promise<(() => Promise<void>) | undefined> {
  const own = processIdentity(process.pid) ?? String(process.pid);
  if (!(await link(own, path))) {
    const holder = await readlink(path).catch(() => undefined);
    if (holder !== undefined && processIdentity(Number.parseInt(holder, 10)) === holder) return undefined;
    await rm(path, { force: true });
    if (!(await link(own, path))) return undefined;
  }
  return () => rm(path, { force: true });
}

async function link(target: string, path: string): Promise<boolean> {
  try {
    await symlink(target, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}
