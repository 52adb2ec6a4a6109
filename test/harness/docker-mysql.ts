import { externalMysql, type MysqlEndpoint } from '../../packages/testkit/src/servers/index.ts';
import { mysqlSuperuser } from '../../packages/testkit/src/servers/mysql-endpoint.ts';
import { defaultMysqlSettings, mysqlArguments } from '../../packages/testkit/src/servers/mysql-settings.ts';
import type { MysqlName } from './mysql-name.ts';

const images: Readonly<Record<MysqlName, string>> = {
  mysql: 'mysql:9',
  'mariadb-10.11': 'mariadb:10.11',
  'mariadb-11.8': 'mariadb:11.8',
};

/**
 * Starts MySQL or MariaDB in Docker, for machines that Debian's packages do not run on. Not exercised where they do; its
 * process cannot be controlled.
 */
export async function dockerMysql(name: MysqlName): Promise<MysqlEndpoint & AsyncDisposable> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const kind = name === 'mysql' ? 'mysql' : 'mariadb';
  const { bind_address: _, socket: __, ...settings } = defaultMysqlSettings(kind);
  const container = await new GenericContainer(images[name])
    .withEnvironment({ [`${kind.toUpperCase()}_ROOT_PASSWORD`]: mysqlSuperuser.password })
    .withCommand(mysqlArguments(settings))
    .withExposedPorts(3306)
    // The image starts the server once to set it up, without a port, and once to stay.
    .withWaitStrategy(Wait.forLogMessage(/port: 3306\s/))
    .start();
  const url = `mysql://${mysqlSuperuser.name}:${mysqlSuperuser.password}@${container.getHost()}:${container.getMappedPort(3306)}/`;
  return {
    ...(await externalMysql(url)),
    [Symbol.asyncDispose]: async () => {
      await container.stop();
    },
  };
}
