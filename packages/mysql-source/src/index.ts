export type { MysqlConnection, MysqlConnectionOptions, MysqlTls, MysqlTlsOptions } from '@millrace/mysql-client';
export { mysqlSource } from './mysql-source.ts';
export { mysqlSourceErrors } from './mysql-source-errors.ts';
export type { MysqlSourceOptions } from './source-options.ts';
