import { type MysqlName, mysqlBinaries } from '@millrace/test/harness';
import { shellCommand } from './shell-copy.ts';

/** The server's own client as a shell runs it: connected to the database of a URL, not encrypted. */
export const mysqlClient = async (name: MysqlName, url: string, options: readonly string[]): Promise<string> => {
  const binaries = await mysqlBinaries(name);
  const { hostname, port, username, password, pathname } = new URL(url);
  const client = binaries.program(binaries.kind === 'mysql' ? 'usr/bin/mysql' : 'usr/bin/mariadb');
  const plain = binaries.kind === 'mysql' ? '--ssl-mode=DISABLED' : '--skip-ssl';
  const server = [`--host=${hostname}`, `--port=${port}`, `--user=${username}`, plain];
  return `MYSQL_PWD=${password} ${shellCommand(client, '--no-defaults', ...options, ...server, pathname.slice(1))}`;
};
