import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cached } from './cache-directory.ts';

const run = promisify(execFile);
const suite = 'bookworm';
const release = 15;
const multiarch = 'x86_64-linux-gnu';

/** How to spawn a program: `spawn(tool.file, [...tool.args, ...yourArguments])`. */
export interface ClientTool {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * A PostgreSQL client program of Debian's, release 15. The first call on a machine fetches it from
 * the machine's Debian mirror into the cache, without installing anything; it runs with the loader
 * and libraries that came with it. `pg_dump` refuses servers newer than itself.
 */
export async function clientTool(name: 'psql' | 'pgbench' | 'pg_dump'): Promise<ClientTool> {
  const root = await cached(`debian-${suite}-postgresql-client-${release}`, async (directory) => {
    const script = fileURLToPath(new URL('unpack-debian.sh', import.meta.url));
    // pgbench comes with the server, whose own dependencies it does not need.
    await run('sh', [script, suite, directory, `postgresql-client-${release}`, '--', `postgresql-${release}`]);
  });
  const libraries = [`lib/${multiarch}`, `usr/lib/${multiarch}`].map((path) => join(root, path));
  return {
    file: join(root, `lib/${multiarch}/ld-linux-x86-64.so.2`),
    args: ['--library-path', libraries.join(':'), join(root, `usr/lib/postgresql/${release}/bin/${name}`)],
  };
}
