import { errnoOf, type MysqlSession } from '@millrace/mysql-client';
import { type LogFilters, logFilters } from './log-filters.ts';

/** The server as our user may see it. Whatever is `null` may not be seen, for want of a privilege. */
export interface ReplicationFacts {
  /** As `GRANT` takes it: `'ann'@'%'`. */
  readonly user: string;
  readonly mayReplicate: boolean;
  /** By the privilege RELOAD. */
  readonly mayReload: boolean;
  /** The server gets changes from another one. */
  readonly isReplica: boolean | null;
  /** The server ids of its replicas that have said theirs. */
  readonly replicaIds: readonly number[] | null;
  readonly filters: LogFilters | null;
}

type Rows = readonly Readonly<Record<string, string>>[];

const denied = 1227;

export const readReplication = async (session: MysqlSession, signal: AbortSignal): Promise<ReplicationFacts> => {
  const { kind, version } = session.server;
  const options = { signal, doing: 'look at the replication of the server' };
  const seen = async (sql: string): Promise<Rows | null> => {
    try {
      return await session.query<Readonly<Record<string, string>>>(sql, [], options);
    } catch (error) {
      if (errnoOf(error) === denied) return null;
      throw error;
    }
  };
  // MariaDB has kept the old names, MySQL has them no more from 8.4 on.
  const [replica, replicas] =
    kind === 'mysql' && version >= 80_022
      ? ['SHOW REPLICA STATUS', 'SHOW REPLICAS']
      : [kind === 'mysql' ? 'SHOW SLAVE STATUS' : 'SHOW ALL SLAVES STATUS', 'SHOW SLAVE HOSTS'];
  const sources = await seen(replica);
  const hosts = await seen(replicas);
  const log = await seen(kind === 'mysql' && version >= 80_200 ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS');
  const [row] = await session.query<{ account: string }>('SELECT CURRENT_USER() AS account', [], options);
  const granted = await readPrivileges(session, signal);
  const isGranted = (privilege: string) => granted.has(privilege) || granted.has('ALL PRIVILEGES');
  return {
    user: accountOf(row?.account ?? ''),
    mayReplicate: kind === 'mysql' ? hosts !== null : isGranted('REPLICATION SLAVE'),
    mayReload: isGranted('RELOAD'),
    isReplica: sources && sources.length > 0,
    replicaIds: hosts === null ? null : hosts.map((host) => Number(host.Server_Id ?? host.Server_id)),
    filters: log && logFilters(log),
  };
};

/**
 * The privileges of the user on the whole server, those of his active roles, too. Beside them the server says the hash of his
 * password (MariaDB): the text goes nowhere.
 */
const readPrivileges = async (session: MysqlSession, signal: AbortSignal): Promise<ReadonlySet<string>> => {
  const options = { signal, doing: 'read the privileges of the user' };
  const grants = await session.query<Readonly<Record<string, string>>>('SHOW GRANTS', [], options);
  const names = grants
    .flatMap((grant) => Object.values(grant))
    .flatMap((grant) => /^GRANT (.+) ON \*\.\* TO /.exec(grant)?.[1]?.split(',') ?? []);
  return new Set(names.map((name) => name.trim()));
};

/** The host is behind the last @. */
const accountOf = (account: string): string => {
  const at = account.lastIndexOf('@');
  return [account.slice(0, at), account.slice(at + 1)].map((part) => `'${part.replaceAll("'", "''")}'`).join('@');
};
