import type { MysqlName } from '@millrace/test/harness';
import { itemTable } from '../workloads/item-table.ts';
import type { StartCopy } from './copy-side.ts';
import { mysqlClient } from './mysql-client.ts';
import { shellCopy } from './shell-copy.ts';

/** The server's own client with LOAD DATA LOCAL, of a file in the text format of PostgreSQL, which is that of LOAD DATA. */
export const loadData =
  (name: MysqlName, file: string): StartCopy =>
  async ({ targetUrl }) => {
    const load = `LOAD DATA LOCAL INFILE '${file}' INTO TABLE ${itemTable.name} CHARACTER SET utf8mb4`;
    return shellCopy([await mysqlClient(name, targetUrl, ['--local-infile=1', `--execute=${load}`])]);
  };
