import { type MysqlEndpoint, type MysqlKind, mysqlEndpointOf } from '../../packages/testkit/src/servers/index.ts';
import { knownMysqlNames, type MysqlName } from './mysql-name.ts';

/** Environment variable through which a test run tells its workers the servers it has. */
export const sharedMysqlVariable = 'MILLRACE_TEST_SHARED_MYSQL';

/** What a run has of each server: where it is, or why there is none. */
export type SharedMysql =
  | { readonly kind: MysqlKind; readonly version: number; readonly url: string }
  | { readonly missing: string };

/**
 * The servers that tests of every server run on: those this run has. A run that has none lists them all: its
 * tests are skipped.
 */
export function mysqlNames(): readonly MysqlName[] {
  const shared = sharedServers();
  const there = knownMysqlNames.filter((name) => 'url' in (shared[name] ?? {}));
  return there.length > 0 ? there : knownMysqlNames;
}

/**
 * The server of this name that all tests of a run use, each in a database of its own; MySQL unless told. Tests must not
 * stop it or change its settings. Its binlog holds the changes of every test, those of others too.
 */
export function sharedMysql(name: MysqlName = mysqlNames()[0] ?? 'mysql'): MysqlEndpoint {
  const server = sharedServers()[name];
  if (server === undefined) throw new Error(`This run has no ${name}: it serves tests named *.mysql.test.ts`);
  // What a skipped suite is made of never connects.
  return 'url' in server
    ? mysqlEndpointOf(server.url, server.kind, server.version)
    : mysqlEndpointOf('mysql://127.0.0.1:1/', name === 'mysql' ? 'mysql' : 'mariadb', 0);
}

/** True for a run that was to have servers and has none. */
export function mysqlMissing(): boolean {
  const servers = Object.values(sharedServers());
  return servers.length > 0 && servers.every((server) => 'missing' in server);
}

const sharedServers = (): Partial<Record<MysqlName, SharedMysql>> =>
  JSON.parse(process.env[sharedMysqlVariable] ?? '{}');
