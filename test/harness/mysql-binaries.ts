import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cached } from '../../packages/testkit/src/servers/cache-directory.ts';
import { type MysqlBinaries, type MysqlKind, unpackedMysql } from '../../packages/testkit/src/servers/index.ts';
import type { MysqlName } from './mysql-name.ts';

const run = promisify(execFile);

interface Packages {
  readonly kind: MysqlKind;
  readonly suite: string;
  /** With everything they depend on. */
  readonly complete: readonly string[];
  /** Alone: they want init scripts and tools that a test has no use for. */
  readonly alone: readonly string[];
}

const mariadb = {
  kind: 'mariadb',
  complete: ['mariadb-server-core', 'mariadb-client-core', 'tzdata'],
  alone: ['mariadb-server', 'mariadb-client'],
} as const;

const origins: Readonly<Record<MysqlName, Packages>> = {
  mysql: { kind: 'mysql', suite: 'sid', complete: ['mysql-server-core', 'mysql-client-core', 'tzdata'], alone: [] },
  'mariadb-10.11': { ...mariadb, suite: 'bookworm' },
  'mariadb-11.8': { ...mariadb, suite: 'trixie' },
};

/**
 * The programs of a server, of Debian's. The first call on a machine fetches them from the machine's Debian mirror into
 * the cache, without installing anything. Rejects where that is not possible: without Debian's tools, or its mirror.
 */
export async function mysqlBinaries(name: MysqlName): Promise<MysqlBinaries> {
  const { kind, suite, complete, alone } = origins[name];
  const root = await cached(`debian-${suite}-${kind}`, async (directory) => {
    const script = fileURLToPath(new URL('unpack-debian.sh', import.meta.url));
    const only = alone.length === 0 ? [] : ['--', ...alone];
    await run('sh', [script, suite, directory, ...complete, ...only]);
  });
  return unpackedMysql(kind, root);
}
