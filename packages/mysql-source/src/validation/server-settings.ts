import type { MysqlSession, ServerVersion } from '@millrace/mysql-client';

/** What a server is and how it writes its log. Names in capitals are the server's own. */
export interface ServerSettings extends ServerVersion {
  readonly serverId: number;
  /** MySQL's `server_uuid`, MariaDB's `server_uid`; `null` where there is none (MariaDB before 10.11). */
  readonly uuid: string | null;
  /** `ON` and `OFF`, and `ON_PERMISSIVE` and `OFF_PERMISSIVE` between them; `null`: MariaDB, whose transactions all have one. */
  readonly gtidMode: string | null;
  readonly log: LogFacts;
  readonly timeZone: string;
  /** What `SYSTEM` stands for as a time zone. */
  readonly systemTimeZone: string;
  readonly readOnly: boolean;
  /** The server's clock minus ours, in milliseconds. */
  readonly clockOffset: number;
}

interface LogFacts {
  readonly on: boolean;
  /** The path and the beginning of the names of its files; `null` where there is no log. */
  readonly basename: string | null;
  readonly format: string;
  readonly rowImage: string;
  readonly rowMetadata: string;
  /** Seconds after which a file may be removed; `null`: by age, never. */
  readonly expiry: number | null;
  /** What a replica applies is logged, too. */
  readonly holdsReplicatedChanges: boolean;
  /** What foreign keys cascade to other rows is logged: in MySQL since 9.6, unless it is switched back. */
  readonly holdsCascades: boolean;
}

const names = [
  'server_id',
  'server_uuid',
  'server_uid',
  'gtid_mode',
  'log_bin',
  'log_bin_basename',
  'binlog_format',
  'binlog_row_image',
  'binlog_row_metadata',
  'binlog_expire_logs_seconds',
  'binlog_expire_logs_auto_purge',
  'expire_logs_days',
  'log_slave_updates',
  'log_replica_updates',
  'innodb_native_foreign_keys',
  'time_zone',
  'system_time_zone',
  'read_only',
];

const question = `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names.map((name) => `'${name}'`).join(', ')})`;

type Variables = ReadonlyMap<string, string>;

const secondsOfDay = 86_400;

/** Old servers count in days; where there are both, what is not zero holds (MariaDB keeps them equal). */
const expiry = (variables: Variables): number | null => {
  if (variables.get('binlog_expire_logs_auto_purge') === 'OFF') return null;
  const seconds = Number(variables.get('binlog_expire_logs_seconds') ?? 0);
  const days = Number(variables.get('expire_logs_days') ?? 0);
  return seconds || days * secondsOfDay || null;
};

const firstWithCascades = 90_600;

const holdsCascades = ({ kind, version }: ServerVersion, variables: Variables): boolean =>
  kind === 'mysql' && version >= firstWithCascades && variables.get('innodb_native_foreign_keys') !== 'ON';

/** Needs no privilege. */
export const readServerSettings = async (session: MysqlSession, signal?: AbortSignal): Promise<ServerSettings> => {
  const options = { signal, doing: 'look at the server' };
  const rows = await session.query<{ Variable_name: string; Value: string }>(question, [], options);
  const variables: Variables = new Map(rows.map((row) => [row.Variable_name, row.Value]));
  const asked = Date.now();
  const [clock] = await session.query<{ now: string }>('SELECT UNIX_TIMESTAMP(NOW(6)) * 1000 AS now', [], options);
  const answered = Date.now();
  const is = (name: string): boolean => variables.get(name) === 'ON';
  return {
    ...session.server,
    serverId: Number(variables.get('server_id')),
    uuid: variables.get('server_uuid') ?? variables.get('server_uid') ?? null,
    gtidMode: variables.get('gtid_mode') ?? null,
    log: {
      on: is('log_bin'),
      basename: variables.get('log_bin_basename') || null,
      format: variables.get('binlog_format') ?? 'ROW',
      rowImage: variables.get('binlog_row_image') ?? 'FULL',
      rowMetadata: variables.get('binlog_row_metadata') ?? 'NO_LOG',
      expiry: expiry(variables),
      holdsReplicatedChanges: is('log_replica_updates') || is('log_slave_updates'),
      holdsCascades: holdsCascades(session.server, variables),
    },
    timeZone: variables.get('time_zone') ?? 'SYSTEM',
    systemTimeZone: variables.get('system_time_zone') ?? '',
    // MariaDB 12 has kinds of it.
    readOnly: variables.get('read_only') !== 'OFF',
    clockOffset: Number(clock?.now) - (asked + answered) / 2,
  };
};
