import { clientTool, type MysqlName } from '@millrace/test/harness';
import { withClient } from '../servers/with-client.ts';
import { itemTable } from '../workloads/item-table.ts';
import type { StartCopy } from './copy-side.ts';
import { mysqlClient } from './mysql-client.ts';
import { quiet, shellCommand, shellCopy } from './shell-copy.ts';

const options = ['--quick', '--batch', '--skip-column-names', "--init-command=SET time_zone = '+00:00'"] as const;

/**
 * The server's own client to `psql`, into tables that are there. Only for columns that are never NULL: it prints that as
 * it prints the text `NULL`.
 */
export const mysqlPipe =
  (name: MysqlName): StartCopy =>
  async ({ sourceUrl, targetUrl }) => {
    const psql = await clientTool('psql');
    await withClient(targetUrl, (target) => target.query(itemTable.create.replace('jsonb', 'json')));
    const out = await mysqlClient(name, sourceUrl, [...options, `--execute=SELECT * FROM ${itemTable.name}`]);
    const into = shellCommand(psql, ...quiet, `--command=COPY ${itemTable.name} FROM STDIN`, targetUrl);
    return shellCopy([`${out} | PGTZ=UTC ${into}`]);
  };
