import { quoteLiteral, type ServerVersion } from '@millrace/mysql-client';
import type { DumpStart } from './dump-start.ts';
import type { ReplicaIdentity } from './replica-identity.ts';

export interface DumpSessionOptions {
  readonly server: ServerVersion;
  readonly identity: ReplicaIdentity;
  readonly start: DumpStart;
  /** Milliseconds without an event after which the server sends a heartbeat. */
  readonly heartbeat: number;
  /** Seconds for which the server waits while we do not read. */
  readonly patience: number;
}

/**
 * The statement by which a session says what the dump it will ask for is to be like. The server reads these variables
 * when the dump begins (MySQL: `rpl_binlog_sender.cc`; MariaDB: `sql_repl.cc`). MySQL takes the new names from 8.0.26 on
 * and knows the old ones, too; to set one that a server does not read does nothing.
 */
export const dumpSettings = ({ server, identity, start, heartbeat, patience }: DumpSessionOptions): string => {
  const checksum = '@@GLOBAL.binlog_checksum';
  const period = BigInt(Math.round(heartbeat)) * 1_000_000n;
  const common = [
    `SESSION net_write_timeout = ${patience}`,
    `SESSION net_read_timeout = ${patience}`,
    `@master_binlog_checksum = ${checksum}`,
    `@master_heartbeat_period = ${period}`,
    `@slave_uuid = ${quoteLiteral(identity.uuid)}`,
  ];
  const own =
    server.kind === 'mysql'
      ? [
          `@source_binlog_checksum = ${checksum}`,
          `@source_heartbeat_period = ${period}`,
          `@replica_uuid = ${quoteLiteral(identity.uuid)}`,
        ]
      : [
          // 4: knows GTIDs and every event there is, so that nothing is left out or rewritten for us.
          '@mariadb_slave_capability = 4',
          ...(start.kind === 'gtid-position'
            ? [
                `@slave_connect_state = ${quoteLiteral(start.position)}`,
                // A position that this server never had is an error, not a guess.
                '@slave_gtid_strict_mode = 1',
                '@slave_gtid_ignore_duplicates = 0',
              ]
            : []),
        ];
  return `SET ${[...common, ...own].join(', ')}`;
};
