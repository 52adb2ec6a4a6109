import { clientTool, type MysqlName, mysqlBinaries } from '@millrace/test/harness';
import { withClient } from '../servers/with-client.ts';
import { itemTable } from '../workloads/item-table.ts';
import type { StartCopy } from './copy-side.ts';
import { quiet, shellCommand, shellCopy } from './shell-copy.ts';

const options = ['--quick', '--batch', '--skip-column-names', "--init-command=SET time_zone = '+00:00'"] as const;

/**
 * The server's own client to `psql`, into tables that are there. Only for columns that are never NULL: it prints that as
 * it prints the text `NULL`.
 */
export const mysqlPipe =
  (name: MysqlName): StartCopy =>
  async ({ sourceUrl, targetUrl }) => {
    const [psql, binaries] = [await clientTool('psql'), await mysqlBinaries(name)];
    const { hostname, port, username, password, pathname } = new URL(sourceUrl);
    const client = binaries.program(binaries.kind === 'mysql' ? 'usr/bin/mysql' : 'usr/bin/mariadb');
    const plain = binaries.kind === 'mysql' ? '--ssl-mode=DISABLED' : '--skip-ssl';
    const server = [`--host=${hostname}`, `--port=${port}`, `--user=${username}`, plain];
    const select = [`--execute=SELECT * FROM ${itemTable.name}`, pathname.slice(1)];
    await withClient(targetUrl, (target) => target.query(itemTable.create.replace('jsonb', 'json')));
    const out = shellCommand(client, '--no-defaults', ...options, ...server, ...select);
    const into = shellCommand(psql, ...quiet, `--command=COPY ${itemTable.name} FROM STDIN`, targetUrl);
    return shellCopy([`MYSQL_PWD=${password} ${out} | PGTZ=UTC ${into}`]);
  };
