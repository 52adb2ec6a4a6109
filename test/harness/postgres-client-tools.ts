import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cached } from '../../packages/testkit/src/servers/cache-directory.ts';

const run = promisify(execFile);
/** pgbench comes with the server, whose own dependencies it does not need. */
const postgres = (release: number) => ({
  name: `postgresql-client-${release}`,
  packages: [`postgresql-client-${release}`, '--', `postgresql-${release}`],
  programs: `usr/lib/postgresql/${release}/bin`,
});
/** In `lib` lies the loader. */
const bookworm = { suite: 'bookworm', lib: 'lib', ...postgres(15) } as const;
const forky = { suite: 'forky', lib: 'usr/lib', ...postgres(18) } as const;
const pgloader = {
  suite: 'trixie',
  lib: 'usr/lib',
  name: 'pgloader',
  packages: ['pgloader'],
  programs: 'usr/bin',
} as const;
/** `pg_dump` refuses servers newer than itself. */
const origins = { psql: bookworm, pgbench: bookworm, pg_dump: forky, pgloader } as const;
const multiarch = 'x86_64-linux-gnu';

/** How to spawn a program: `spawn(tool.file, [...tool.args, ...yourArguments])`. */
export interface ClientTool {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * A PostgreSQL client program of Debian's, or pgloader. The first call on a machine fetches it from the machine's
 * Debian mirror into the cache, without installing anything; it runs with the loader and libraries
 * that came with it.
 */
export async function clientTool(name: keyof typeof origins): Promise<ClientTool> {
  const { suite, lib, packages, programs, name: origin } = origins[name];
  const root = await cached(`debian-${suite}-${origin}`, async (directory) => {
    const script = fileURLToPath(new URL('unpack-debian.sh', import.meta.url));
    await run('sh', [script, suite, directory, ...packages]);
  });
  const libraries = [`lib/${multiarch}`, `usr/lib/${multiarch}`].map((path) => join(root, path));
  return {
    file: join(root, lib, multiarch, 'ld-linux-x86-64.so.2'),
    args: ['--library-path', libraries.join(':'), join(root, programs, name)],
  };
}
