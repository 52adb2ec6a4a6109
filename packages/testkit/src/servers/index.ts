export { embeddedPostgres, embeddedPostgresRunsHere, type PostgresBinaries } from './embedded-postgres.ts';
export { externalMysql } from './external-mysql.ts';
export { endpointOf, externalPostgres } from './external-postgres.ts';
export { type MysqlBinaries, type MysqlProgram, unpackedMysql } from './mysql-binaries.ts';
export { type MysqlEndpoint, type MysqlKind, mysqlEndpointOf, mysqlVersionText } from './mysql-endpoint.ts';
export { type MysqlOptions, type MysqlServer, startMysql } from './mysql-server.ts';
export { freeServerId, type MysqlSettings } from './mysql-settings.ts';
export {
  createMysqlDatabase,
  type MysqlProcess,
  type MysqlTestDatabase,
  type MysqlUser,
} from './mysql-test-database.ts';
export { type PostgresEndpoint, postgresUrl } from './postgres-endpoint.ts';
export { type PostgresOptions, type PostgresServer, type ShutdownMode, startPostgres } from './postgres-server.ts';
export type { PostgresSettings } from './postgres-settings.ts';
export { createDatabase, type TestDatabase } from './test-database.ts';
export { uniqueName } from './unique-name.ts';
