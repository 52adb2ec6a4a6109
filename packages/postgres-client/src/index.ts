export { applicationName } from './application-name.ts';
export {
  type ClientConfigOptions,
  otherDatabase,
  type PostgresConnection,
  pinnedClientConfig,
} from './client-config.ts';
export { postgresErrorOf, postgresErrors } from './error-table.ts';
export { quoteIdentifier, quoteLiteral, quoteQualified } from './identifier.ts';
export type { CopyData, ScriptOutcome } from './pipelined-script.ts';
export { postgresError, sqlstateOf } from './postgres-error.ts';
export { PostgresSession, type SessionOptions, type StatementResult } from './postgres-session.ts';
export { valueSettings } from './session-settings.ts';
