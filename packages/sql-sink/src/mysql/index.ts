export { sqlSinkErrors } from '../error-table.ts';
export type { TargetTableNames } from '../target/target-names.ts';
export { mysqlSink } from './mysql-sink.ts';
export type { MysqlSinkOptions, MysqlTableOptions } from './mysql-sink-options.ts';
