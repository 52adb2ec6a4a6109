import { externalMysql, type MysqlEndpoint, mysqlVersionText } from '../../packages/testkit/src/servers/index.ts';
import { dockerMysql } from './docker-mysql.ts';
import { knownMysqlNames, type MysqlName, mysqlNameOf } from './mysql-name.ts';
import { type SharedMysql, sharedMysqlVariable } from './shared-mysql.ts';
import { startMysql } from './start-mysql.ts';

/** Environment variables that name running servers. */
const variables = ['MILLRACE_TEST_MYSQL', 'MILLRACE_TEST_MARIADB'] as const;

/**
 * Provides the servers of a test run before its first test, and stops those it started after the last: the running ones
 * that `MILLRACE_TEST_MYSQL` and `MILLRACE_TEST_MARIADB` name, and otherwise private ones from Debian's packages, or
 * containers where those do not run. Says which versions they are, and which are missing and why.
 */
export default async function provideServers(): Promise<() => Promise<void>> {
  const shared: Partial<Record<MysqlName, SharedMysql>> = {};
  const started: AsyncDisposable[] = [];
  const note = (name: MysqlName, server: MysqlEndpoint): void => {
    shared[name] = { kind: server.kind, version: server.version, url: server.url() };
  };
  for (const server of await external()) note(mysqlNameOf(server), server);
  const named = new Set(Object.keys(shared).map(kindOf));
  const provide = async (name: MysqlName): Promise<void> => {
    const server = await start(name);
    if ('missing' in server) shared[name] = server;
    else {
      started.push(server);
      note(name, server);
    }
  };
  await Promise.all(knownMysqlNames.filter((name) => !named.has(kindOf(name))).map(provide));
  process.stdout.write(`${Object.entries(shared).map(described).sort().join('\n')}\n`);
  process.env[sharedMysqlVariable] = JSON.stringify(shared);
  return async () => {
    delete process.env[sharedMysqlVariable];
    for (const server of started) await server[Symbol.asyncDispose]();
  };
}

const kindOf = (name: string): string => name.split('-')[0] ?? name;

const external = (): Promise<MysqlEndpoint[]> => {
  const urls = variables.map((variable) => process.env[variable]).filter((url) => url !== undefined);
  return Promise.all(urls.map(externalMysql));
};

async function start(name: MysqlName): Promise<(MysqlEndpoint & AsyncDisposable) | { readonly missing: string }> {
  const reasons: string[] = [];
  for (const [origin, from] of [
    ["Debian's packages", () => startMysql({ name })],
    ['Docker', () => dockerMysql(name)],
  ] as const) {
    try {
      return await from();
    } catch (error) {
      reasons.push(`${origin}: ${error instanceof Error ? error.message.trim() : error}`);
    }
  }
  return { missing: `no ${name}. ${reasons.join('\n')}\n${variables.join(' or ')} can name a server` };
}

const described = ([name, server]: [string, SharedMysql]): string => {
  if ('missing' in server) return `Not tested: ${server.missing}`;
  return `Testing with ${server.kind === 'mysql' ? 'MySQL' : 'MariaDB'} ${mysqlVersionText(server.version)} (${name})`;
};
