import type { MysqlServer } from '../../packages/testkit/src/servers/index.ts';
import { withMysql } from '../../packages/testkit/src/servers/mysql-client.ts';
import { mysqlNameOf } from './mysql-name.ts';
import { startMysql } from './start-mysql.ts';

/** A replica of a server, which logs what it gets; its own beginning is no part of the history of the topology. */
export const startReplica = async (primary: MysqlServer): Promise<MysqlServer> => {
  const name = mysqlNameOf(primary);
  const replica = await startMysql({
    name,
    settings: name === 'mysql' ? {} : { log_slave_updates: 'ON', gtid_strict_mode: 'OFF' },
  });
  const { host, port } = primary;
  const statements =
    replica.kind === 'mysql'
      ? [
          'RESET BINARY LOGS AND GTIDS',
          `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '${host}', SOURCE_PORT = ${port}, SOURCE_USER = 'root',
             SOURCE_PASSWORD = 'root', SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1`,
          'START REPLICA',
        ]
      : [
          'RESET MASTER',
          `CHANGE MASTER TO MASTER_HOST = '${host}', MASTER_PORT = ${port}, MASTER_USER = 'root', MASTER_PASSWORD = 'root',
             MASTER_USE_GTID = slave_pos${replica.version >= 110_000 ? ', MASTER_SSL_VERIFY_SERVER_CERT = 0' : ''}`,
          'START SLAVE',
        ];
  await run(replica, statements);
  return replica;
};

/** Makes a replica a server of its own. */
export const promote = (replica: MysqlServer): Promise<void> => {
  const word = replica.kind === 'mysql' ? 'REPLICA' : 'SLAVE';
  return run(replica, [`STOP ${word}`, `RESET ${word} ALL`]);
};

const run = (server: MysqlServer, statements: readonly string[]): Promise<void> =>
  withMysql(server.url(), async (connection) => {
    for (const statement of statements) await connection.query(statement);
  });
