import { mysqlRows, withMysql } from './mysql-client.ts';
import { type MysqlEndpoint, mysqlEndpointOf, mysqlVersion } from './mysql-endpoint.ts';

/**
 * A running server, named by the connection string of a superuser. Fails with what is wrong when
 * the server cannot be used for tests.
 */
export async function externalMysql(url: string): Promise<MysqlEndpoint> {
  const text = 'SELECT version() AS version, @@log_bin AS logged, @@binlog_format AS format';
  const [server] = await withMysql(url, (admin) =>
    mysqlRows<{ version: string; logged: number; format: string }>(admin, text),
  );
  if (server?.logged !== 1) throw new Error('The test server needs log_bin');
  if (server.format !== 'ROW') throw new Error('The test server needs binlog_format = ROW');
  const kind = server.version.includes('MariaDB') ? 'mariadb' : 'mysql';
  return mysqlEndpointOf(url, kind, mysqlVersion(server.version));
}
