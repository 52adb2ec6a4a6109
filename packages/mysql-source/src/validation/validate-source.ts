import { MillraceError, type SourceContext, type ValidationItem, type ValidationReport } from '@millrace/core';
import {
  errnoOf,
  type MysqlSession,
  mysqlError,
  quoteQualified,
  type ResolvedConnection,
} from '@millrace/mysql-client';
import { withSession } from '../connection/control-session.ts';
import { type ReplicationFacts, readReplication } from './replication-facts.ts';
import { failed, notExecuted, passed, warned } from './report.ts';
import { readServerSettings, type ServerSettings } from './server-settings.ts';
import { readTables, readViews, type TableFacts } from './table-facts.ts';
import { validateLocks } from './validate-locks.ts';
import { validateLog, validateReplica } from './validate-log.ts';
import { selectTables, validateTables } from './validate-tables.ts';
import { validateServerId, validateUser } from './validate-user.ts';

export interface ValidationRequest {
  readonly connection: ResolvedConnection;
  readonly applicationName: string;
  /** The one that was asked for. */
  readonly serverId?: number | undefined;
  /** Tables, by qualified name, whose cascaded changes are known not to arrive. */
  readonly acceptCascades?: readonly string[];
  readonly context: Pick<SourceContext, 'tables' | 'copies' | 'beginsAt' | 'signal'>;
}

const path = 'source.connection';

/** Everything that cannot be checked without a connection. */
const afterConnecting: readonly (readonly [code: string, path: string])[] = [
  ['SERVER_VERSION', path],
  ['BINLOG_DISABLED', path],
  ['BINLOG_FORMAT', path],
  ['MISSING_PRIVILEGE', path],
  ['SERVER_ID_TAKEN', 'source.serverId'],
  ['TABLE_MISSING', 'tables'],
  ['CASCADE_NOT_LOGGED', 'tables'],
];

/** Named time zones in a query or a condition are NULL without them; the log and our sessions need none. */
const timeZones = async (session: MysqlSession, signal: AbortSignal): Promise<ValidationItem> => {
  const text = "SELECT CONVERT_TZ('2026-01-01', 'UTC', 'Europe/Berlin') IS NOT NULL AS known";
  const [row] = await session.query<{ known: string }>(text, [], { signal, doing: 'look at the time zones' });
  return row?.known === '1'
    ? passed('TIME_ZONE_TABLES', path, 'The server knows time zones by their names')
    : warned('TIME_ZONE_TABLES', {
        path,
        message: 'The server knows no time zone by its name: what converts to one, in a query or a view, is NULL',
        fix: 'mysql_tzinfo_to_sql /usr/share/zoneinfo | mysql -u root mysql',
      });
};

/** `1142`: no SELECT on the table; `1143`: not on all its columns. */
const isDenied = (error: unknown): boolean => [1142, 1143].includes(errnoOf(error) ?? 0);

const unreadableTables = async (
  session: MysqlSession,
  tables: readonly TableFacts[],
  signal: AbortSignal,
): Promise<readonly TableFacts[]> => {
  const unreadable: TableFacts[] = [];
  for (const facts of tables) {
    const text = `SELECT * FROM ${quoteQualified(facts.schema, facts.table)} LIMIT 0`;
    await session.query(text, [], { signal, doing: 'read a table' }).catch((error) => {
      if (!isDenied(error)) throw error;
      unreadable.push(facts);
    });
  }
  return unreadable;
};

const checkTables = async (
  session: MysqlSession,
  { connection, context, acceptCascades = [] }: ValidationRequest,
  facts: ServerSettings,
  { user, filters }: ReplicationFacts,
  signal: AbortSignal,
): Promise<readonly ValidationItem[]> => {
  const requested = context.tables;
  const captured = selectTables(requested, await readTables(session, signal), connection.database);
  const views = selectTables(requested, await readViews(session, signal), connection.database);
  const unreadable = await unreadableTables(session, captured, signal);
  return [
    ...validateTables({ facts, user, requested, captured, views, unreadable, filters, acceptCascades }),
    ...(await validateLocks(session, { user, requested, captured, copies: context.copies === true }, signal)),
  ];
};

const check = async (
  session: MysqlSession,
  request: ValidationRequest,
  signal: AbortSignal,
): Promise<readonly ValidationItem[]> => {
  const facts = await readServerSettings(session, signal);
  const replication = await readReplication(session, signal);
  return [
    passed('CONNECTION', path, 'The server can be reached'),
    ...validateLog(facts),
    validateReplica(facts, replication.isReplica),
    ...validateUser(facts, replication, request.context.beginsAt === 'latest'),
    validateServerId(facts, replication, request.serverId),
    await timeZones(session, signal),
    ...(await checkTables(session, request, facts, replication, signal)),
  ];
};

/**
 * Everything that would keep the stream from working or may surprise, at once, each with what fixes it. Changes nothing
 * on the server. Rejects only with the signal's reason.
 */
export const validateSource = async (request: ValidationRequest): Promise<ValidationReport> => {
  const { connection, applicationName, context } = request;
  let connected = false;
  try {
    const items = await withSession(
      { connection, applicationName },
      (session, signal) => {
        connected = true;
        return check(session, request, signal);
      },
      context.signal,
    );
    return { items };
  } catch (error) {
    context.signal.throwIfAborted();
    const { code, message } = error instanceof MillraceError ? error : mysqlError(error, 'connect to the source');
    const isRefused = !connected && (code === 'AUTHENTICATION_FAILED' || code === 'TLS_FAILED');
    const problem = connected ? `A check failed: ${message}` : message;
    const rest = connected ? problem : 'Not checked, because there is no connection';
    return {
      items: [
        failed(isRefused ? 'AUTHENTICATION' : 'CONNECTION', { path, message: problem }),
        ...afterConnecting.map(([name, about]) => notExecuted(name, about, rest)),
      ],
    };
  }
};
