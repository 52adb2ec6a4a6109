import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheDirectory } from './cache-directory.ts';
import { embeddedPostgres } from './embedded-postgres.ts';
import { uniqueName } from './unique-name.ts';

describe('embeddedPostgres', () => {
  const release = `17.0.0-${uniqueName('test')}`;
  const linked = join(cacheDirectory(), `postgresql-${release}`, 'native/lib/library.so');
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'embedded-postgres-'));
    await mkdir(join(root, 'native/lib'), { recursive: true });
    await writeFile(join(root, 'package.json'), JSON.stringify({ version: release }));
    await writeFile(join(root, 'native/lib/library.so.5'), 'program');
    const links = [{ source: 'native/lib/library.so.5', target: 'native/lib/library.so' }];
    await writeFile(join(root, 'native/pg-symlinks.json'), JSON.stringify(links));
  });

  afterEach(async () => {
    await rm(root, { recursive: true });
    await rm(join(cacheDirectory(), `postgresql-${release}`), { recursive: true, force: true });
  });

  it('makes the links that a package without its install script lacks', async () => {
    await embeddedPostgres(root);
    expect(await readFile(linked, 'utf8')).toBe('program');
  });

  it('takes the links of a package whose install script has made them', async () => {
    await symlink('library.so.5', join(root, 'native/lib/library.so'));
    await embeddedPostgres(root);
    expect(await readFile(linked, 'utf8')).toBe('program');
  });
});
