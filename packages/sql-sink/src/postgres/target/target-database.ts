import { MillraceError } from '@millrace/core';
import {
  applicationName,
  otherDatabase,
  PostgresSession,
  postgresErrorOf,
  quoteIdentifier,
  sqlstateOf,
} from '@millrace/postgres-client';
import { isTrue } from '../boolean-text.ts';
import { openSinkSession, type SinkSessionOptions } from '../sink-session.ts';

/** Every server has it. */
const maintenanceDatabase = 'postgres';

/** What the database of the target is called. */
export const databaseOf = ({ connection }: Pick<SinkSessionOptions, 'connection'>): string =>
  otherDatabase(connection, maintenanceDatabase).name;

export const createDatabaseSql = (options: Pick<SinkSessionOptions, 'connection'>): string =>
  `CREATE DATABASE ${quoteIdentifier(databaseOf(options))}`;

const openMaintenance = ({ connection, streamId, signal }: SinkSessionOptions): Promise<PostgresSession> =>
  PostgresSession.open(otherDatabase(connection, maintenanceDatabase).connection, {
    applicationName: applicationName(streamId),
    signal,
    doing: `connect to the database ${maintenanceDatabase}, to create the one of the target`,
  });

const mayNotCreate = (options: SinkSessionOptions, role: string) =>
  postgresErrorOf('PERMISSION_DENIED', `Role ${role} may not create the target database "${databaseOf(options)}"`, {
    hint: `ALTER ROLE ${role} CREATEDB; -- or: ${createDatabaseSql(options)} OWNER ${role};`,
    details: { database: databaseOf(options) },
  });

const isMissing = (error: unknown): error is MillraceError =>
  error instanceof MillraceError && error.code === 'DATABASE_MISSING';

/** Opens a session to the target; `null`: its database does not exist, and is to be made. */
export const openExisting = async (
  options: SinkSessionOptions,
  createDatabase: boolean,
): Promise<PostgresSession | null> => {
  try {
    return await openSinkSession(options);
  } catch (error) {
    if (!isMissing(error)) throw error;
    if (createDatabase) return null;
    const { message, details, cause } = error;
    const hint = `${createDatabaseSql(options)}; -- or createDatabase: true`;
    throw postgresErrorOf('DATABASE_MISSING', message, { hint, details, cause });
  }
};

const readRights = async (session: PostgresSession, signal: AbortSignal) => {
  const ask = `SELECT quote_ident(rolname) AS role, rolcreatedb OR rolsuper AS allowed FROM pg_roles WHERE rolname = current_user`;
  const { rows } = await session.query<{ role: string; allowed: string }>(ask, [], {
    signal,
    doing: 'look for privileges',
  });
  return { role: rows[0]?.role ?? 'CURRENT_USER', allowed: isTrue(rows[0]?.allowed ?? null) };
};

/** Rejects `PERMISSION_DENIED` if the role may not create the database. Creates nothing. */
export const requireMayCreate = async (options: SinkSessionOptions): Promise<void> => {
  await using session = await openMaintenance(options);
  const { role, allowed } = await readRights(session, options.signal);
  if (!allowed) throw mayNotCreate(options, role);
};

/** Opens a session to the target, whose database is made if it is missing and `createDatabase` says so. */
export const openTarget = async (options: SinkSessionOptions, createDatabase: boolean): Promise<PostgresSession> => {
  const existing = await openExisting(options, createDatabase);
  if (existing !== null) return existing;
  await using session = await openMaintenance(options);
  const doing = 'create the target database';
  await session.query(createDatabaseSql(options), [], { signal: options.signal, doing }).catch(async (error) => {
    const sqlstate = sqlstateOf(error);
    if (sqlstate === '42501') throw mayNotCreate(options, (await readRights(session, options.signal)).role);
    // Somebody else has made it in between.
    if (sqlstate !== '42P04' && sqlstate !== '23505') throw error;
  });
  return openSinkSession(options);
};
