import { type MysqlServer, type MysqlSettings, startMysql as start } from '../../packages/testkit/src/servers/index.ts';
import { mysqlBinaries } from './mysql-binaries.ts';
import type { MysqlName } from './mysql-name.ts';

/** Which server to start. */
export interface MysqlOptions {
  /** MySQL unless told. */
  readonly name?: MysqlName;
  /** Settings that replace or add to the default ones; `false` switches one off. */
  readonly settings?: MysqlSettings;
  /** Files in the data directory, by name: settings such as `ssl_cert` name them so. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Starts a private MySQL or MariaDB from Debian's packages. */
export const startMysql = async ({ name = 'mysql', ...options }: MysqlOptions = {}): Promise<MysqlServer> =>
  start({ binaries: await mysqlBinaries(name), ...options });
