import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cached } from '../../packages/testkit/src/servers/cache-directory.ts';

const run = promisify(execFile);
/** In `lib` lies the loader. */
const bookworm = { suite: 'bookworm', release: 15, lib: 'lib' } as const;
const forky = { suite: 'forky', release: 18, lib: 'usr/lib' } as const;
/** `pg_dump` refuses servers newer than itself. */
const origins = { psql: bookworm, pgbench: bookworm, pg_dump: forky } as const;
const multiarch = 'x86_64-linux-gnu';

/** How to spawn a program: `spawn(tool.file, [...tool.args, ...yourArguments])`. */
export interface ClientTool {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * A PostgreSQL client program of Debian's. The first call on a machine fetches it from the machine's
 * Debian mirror into the cache, without installing anything; it runs with the loader and libraries
 * that came with it.
 */
export async function clientTool(name: keyof typeof origins): Promise<ClientTool> {
  const { suite, release, lib } = origins[name];
  const root = await cached(`debian-${suite}-postgresql-client-${release}`, async (directory) => {
    const script = fileURLToPath(new URL('unpack-debian.sh', import.meta.url));
    // pgbench comes with the server, whose own dependencies it does not need.
    await run('sh', [script, suite, directory, `postgresql-client-${release}`, '--', `postgresql-${release}`]);
  });
  const libraries = [`lib/${multiarch}`, `usr/lib/${multiarch}`].map((path) => join(root, path));
  return {
    file: join(root, lib, multiarch, 'ld-linux-x86-64.so.2'),
    args: ['--library-path', libraries.join(':'), join(root, `usr/lib/postgresql/${release}/bin/${name}`)],
  };
}
