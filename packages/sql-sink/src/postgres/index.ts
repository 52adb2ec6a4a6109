export { sqlSinkErrors } from '../error-table.ts';
export type { TargetTableNames } from '../target/target-names.ts';
export { postgresSink } from './postgres-sink.ts';
export type { PostgresSinkOptions } from './postgres-sink-options.ts';
