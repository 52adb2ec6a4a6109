import { parseServerVersion, type ServerVersion } from '@millrace/mysql-client';
import type { LogSession } from '../log-session.ts';

/** Which server it is, and how it names places in its log. */
export interface ServerFacts extends ServerVersion {
  readonly serverId: number;
  /**
   * By which one server is told from another: MySQL's `server_uuid`, MariaDB's `server_uid`; where there is none (MariaDB
   * before 10.11), `server_id`, which is only as good as its operator.
   */
  readonly identity: string;
  /** Transactions have GTIDs: always in MariaDB, with `gtid_mode=ON` in MySQL. */
  readonly hasGtids: boolean;
}

export const readServerFacts = async (session: LogSession): Promise<ServerFacts> => {
  const names = ['server_uuid', 'server_uid', 'server_id', 'gtid_mode', 'version'];
  const rows = await session.query<{ readonly Variable_name: string; readonly Value: string }>(
    `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names.map((name) => `'${name}'`).join(', ')})`,
  );
  const values = new Map(rows.map((row) => [row.Variable_name, row.Value]));
  const server = parseServerVersion(values.get('version') ?? '');
  const serverId = Number(values.get('server_id'));
  return {
    ...server,
    serverId,
    identity: values.get('server_uuid') ?? values.get('server_uid') ?? `server_id ${serverId}`,
    hasGtids: server.kind === 'mariadb' || values.get('gtid_mode') === 'ON',
  };
};
