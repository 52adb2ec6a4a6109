import { existsSync } from 'node:fs';
import { readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { cacheDirectory, cached } from './cache-directory.ts';
import { uniqueName } from './unique-name.ts';

describe('cached', () => {
  const name = uniqueName('cached');
  const target = join(cacheDirectory(), name);
  const build = async (directory: string): Promise<void> => {
    built++;
    await writeFile(join(directory, 'file'), 'content');
  };
  let built = 0;

  afterEach(async () => {
    await rm(target, { recursive: true, force: true });
    built = 0;
  });

  it('builds once for calls at the same time, and leaves no lock', async () => {
    expect(await Promise.all([cached(name, build), cached(name, build), cached(name, build)])).toEqual([
      target,
      target,
      target,
    ]);
    expect(built).toBe(1);
    expect(await readFile(join(target, 'file'), 'utf8')).toBe('content');
    expect((await readdir(cacheDirectory())).filter((entry) => entry.startsWith(name))).toEqual([name]);
  });

  it('builds again after a failure', async () => {
    const fail = () => Promise.reject(new Error('no mirror'));
    await expect(cached(name, fail)).rejects.toThrow('no mirror');
    expect(existsSync(target)).toBe(false);
    await cached(name, build);
    expect(built).toBe(1);
  });

  it('takes over the lock of a process that has ended, and of an earlier one with the same id', async () => {
    for (const holder of ['999999999-1', `${process.pid}-1`]) {
      await symlink(holder, `${target}.lock`);
      await cached(name, build);
      await rm(target, { recursive: true });
    }
    expect(built).toBe(2);
  });
});
