export type { MysqlConnection, MysqlConnectionOptions } from './connection/connection-options.ts';
export type { MysqlTls, MysqlTlsOptions } from './connection/tls-options.ts';
export { mysqlSource } from './mysql-source.ts';
export { mysqlSourceErrors } from './mysql-source-errors.ts';
export type { MysqlSourceOptions } from './source-options.ts';
