import { randomInt } from 'node:crypto';
import type { MysqlKind } from './mysql-endpoint.ts';

/** Server settings by name, as in an option file; `false` for what is switched off by `--skip-`. */
export type MysqlSettings = Readonly<Record<string, string | false>>;

/** A server id that no other server or replica has, in all likelihood: one of four billion. */
export const freeServerId = (): number => randomInt(10_000, 2 ** 32 - 1);

/** Made with the data directory, so a new server has it from the first. */
export const redoLog: Readonly<Record<MysqlKind, MysqlSettings>> = {
  mysql: { innodb_redo_log_capacity: '64M' },
  mariadb: { innodb_log_file_size: '32M' },
};

/** A durable server with a log of rows that says all about them, small enough to run several at once. */
export function defaultMysqlSettings(kind: MysqlKind): MysqlSettings {
  return {
    bind_address: '127.0.0.1',
    socket: 'socket', // in the data directory: the paths of sockets are short
    skip_name_resolve: 'ON',
    default_time_zone: '+00:00',
    character_set_server: 'utf8mb4',
    max_connections: '100',
    max_allowed_packet: '256M',
    local_infile: 'ON',
    secure_file_priv: '', // Debian's default is a directory of an installed server
    innodb_buffer_pool_size: '32M',
    innodb_use_native_aio: 'OFF', // a machine has only so many requests, for all its servers together
    innodb_flush_log_at_trx_commit: '1',
    sync_binlog: '1',
    server_id: String(freeServerId()),
    log_bin: 'binlog',
    binlog_format: 'ROW',
    binlog_row_image: 'FULL',
    binlog_row_metadata: 'FULL',
    ...redoLog[kind],
    ...(kind === 'mysql'
      ? { gtid_mode: 'ON', enforce_gtid_consistency: 'ON', mysqlx: 'OFF' }
      : { gtid_strict_mode: 'ON' }),
  };
}

/** Settings as arguments of the server. */
export const mysqlArguments = (settings: MysqlSettings): string[] =>
  Object.entries(settings).map(([name, value]) => {
    const option = name.replaceAll('_', '-');
    return value === false ? `--skip-${option}` : `--${option}=${value}`;
  });
