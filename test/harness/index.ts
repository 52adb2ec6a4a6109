export { openSockets } from '../../packages/testkit/src/leaks/index.ts';
export {
  type Direction,
  type ProxyConnection,
  type ProxyStep,
  type Side,
  type Step,
  type StepAction,
  type StepOptions,
  startProxy,
  steps,
  type TcpProxy,
} from '../../packages/testkit/src/network/index.ts';
export {
  instruction,
  type MemorySample,
  type Program,
  type ProgramExit,
  type ProgramOptions,
  report,
  sampleResidentMemory,
} from '../../packages/testkit/src/processes/index.ts';
export {
  createDatabase,
  createMysqlDatabase,
  freeServerId,
  type MysqlEndpoint,
  type MysqlKind,
  type MysqlProcess,
  type MysqlServer,
  type MysqlSettings,
  type MysqlTestDatabase,
  type MysqlUser,
  type PostgresEndpoint,
  type PostgresServer,
  type PostgresSettings,
  postgresUrl,
  type ShutdownMode,
  type TestDatabase,
  uniqueName,
} from '../../packages/testkit/src/servers/index.ts';
export { type UntilOptions, until } from '../../packages/testkit/src/waiting/index.ts';
export { differences, tableRows } from './compare-tables.ts';
export { copyOut } from './copy-out.ts';
export { mysqlBinaries } from './mysql-binaries.ts';
export { knownMysqlNames, type MysqlName } from './mysql-name.ts';
export { promote, startReplica } from './mysql-replica.ts';
export { nodeBinary } from './node-binary.ts';
export { postgresBinaries } from './postgres-binaries.ts';
export { type ClientTool, clientTool } from './postgres-client-tools.ts';
export { knownPostgresVersions, newestPostgres, type PostgresVersion } from './postgres-version.ts';
export { mysqlNames, sharedMysql } from './shared-mysql.ts';
export { postgresVersions, sharedPostgres } from './shared-postgres.ts';
export { type MysqlOptions, startMysql } from './start-mysql.ts';
export { type PostgresOptions, startPostgres } from './start-postgres.ts';
export { startProgram } from './start-program.ts';
