export {
  connectionProblems,
  type MysqlConnection,
  type MysqlConnectionOptions,
  type ResolvedConnection,
  resolveConnection,
} from './connection/connection-options.ts';
export { connectDriver, type DriverConnection } from './connection/driver-connection.ts';
export { errnoOf, mysqlError } from './connection/mysql-error.ts';
export { MysqlSession } from './connection/mysql-session.ts';
export { isObject, type Problem, unknownKeys } from './connection/problem.ts';
export type { MysqlTls, MysqlTlsOptions } from './connection/tls-options.ts';
export { mysqlErrorOf, mysqlErrors } from './error-table.ts';
export { quoteIdentifier, quoteLiteral, quoteQualified } from './identifier.ts';
export { takeSocket } from './protocol/driver-socket.ts';
export { MalformedRow } from './protocol/malformed-row.ts';
export { PacketCutter } from './protocol/packet-cutter.ts';
export { locateValues } from './protocol/row-texts.ts';
export { endMarker, errorMarker, okMarker, parseRefusal, type ServerRefusal } from './protocol/server-packet.ts';
export type { ScriptOptions, StatementOutcome, TakeRow, TextRows } from './script.ts';
export { ScriptSession } from './script-session.ts';
export type { ScriptSessionOptions } from './script-session-options.ts';
export { parseServerVersion, type ServerVersion } from './server-version.ts';
