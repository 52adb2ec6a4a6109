import { type PostgresSession, quoteIdentifier } from '@millrace/postgres-client';
import type { Finding } from '../../validation/report.ts';
import { isTrue } from '../boolean-text.ts';
import { addPreparedColumn, checkpointTable } from '../checkpoint/checkpoint-sql.ts';
import { findCheckpointTable } from '../checkpoint/checkpoint-table.ts';
import { copyRangeTable } from '../checkpoint/copy-range-sql.ts';
import { startedThen } from '../checkpoint/former-backend.ts';

const privileges = `SELECT quote_ident(current_user) AS role, quote_ident(current_database()) AS database,
  has_database_privilege(current_database(), 'CREATE') AS may_create_schema,
  (SELECT has_schema_privilege(n.oid, 'CREATE') AND has_schema_privilege(n.oid, 'USAGE') FROM pg_namespace n WHERE n.nspname = $1) AS may_create_table,
  (SELECT bool_and(has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
     AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE')
     AND (c.relname = 'checkpoint' OR has_table_privilege(c.oid, 'DELETE')))
   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname IN ('checkpoint', 'copy_range')) AS may_write,
  (SELECT pg_has_role(c.relowner, 'USAGE') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname = 'checkpoint') AS owns`;

interface Privileges {
  readonly role: string;
  readonly database: string;
  readonly may_create_schema: string;
  readonly may_create_table: string | null;
  readonly may_write: string | null;
  readonly owns: string | null;
}

/** Whether the checkpoint table can be used, or made. */
export const checkpointFindings = async (
  session: PostgresSession,
  schema: string,
  signal: AbortSignal,
): Promise<readonly Finding[]> => {
  const state = await findCheckpointTable(session, schema, signal);
  const doing = 'read the privileges of the role';
  const { rows } = await session.query<Privileges>(privileges, [schema], { signal, doing });
  const found = rows[0];
  if (found === undefined) return [];
  const { role, database } = found;
  const quoted = quoteIdentifier(schema);
  const code = 'PERMISSION_DENIED';
  const tables = state === 'ready' ? `${checkpointTable(schema)}, ${copyRangeTable(schema)}` : checkpointTable(schema);
  if (state === 'no-schema' && !isTrue(found.may_create_schema))
    return [
      {
        code,
        message: `Role ${role} may not create the schema ${quoted} for the checkpoints`,
        fix: `GRANT CREATE ON DATABASE ${database} TO ${role}; -- or: CREATE SCHEMA ${quoted} AUTHORIZATION ${role};`,
      },
    ];
  if ((state === 'no-table' || state === 'no-ranges') && !isTrue(found.may_create_table))
    return [
      {
        code,
        message: `Role ${role} may not create ${state === 'no-table' ? 'the checkpoint table' : 'the table copy_range'} in schema ${quoted}`,
        fix: `GRANT CREATE, USAGE ON SCHEMA ${quoted} TO ${role};`,
      },
    ];
  if (state === 'no-policies' && !isTrue(found.owns))
    return [
      {
        code,
        message: `Role ${role} may not add a column to the checkpoint table, which an older version has made`,
        fix: `${addPreparedColumn(schema)};`,
      },
    ];
  if (state !== 'no-schema' && state !== 'no-table' && !isTrue(found.may_write))
    return [
      {
        code,
        message: `Role ${role} may not read and write the checkpoint table`,
        fix: `GRANT USAGE ON SCHEMA ${quoted} TO ${role}; GRANT SELECT, INSERT, UPDATE, DELETE ON ${tables} TO ${role};`,
      },
    ];
  return [];
};

const formerOwner = (schema: string) => `SELECT c.backend_pid AS pid, a.usename AS name
FROM ${checkpointTable(schema)} c JOIN pg_stat_activity a ON a.pid = c.backend_pid
WHERE c.stream = $1 AND c.sink = $2 AND ${startedThen('c.backend_start')}
  AND NOT (pg_has_role(a.usesysid, 'USAGE')
    OR (pg_has_role('pg_signal_backend', 'USAGE') AND NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.oid = a.usesysid)))`;

/** Whether a connection that may have to be taken over from belongs to a role that this one may not terminate. */
export const takeoverFindings = async (
  session: PostgresSession,
  schema: string,
  streamId: string,
  sink: string,
  signal: AbortSignal,
): Promise<readonly Finding[]> => {
  const state = await findCheckpointTable(session, schema, signal);
  if (state === 'no-schema' || state === 'no-table') return [];
  const doing = 'look for the connection that wrote before';
  const { rows } = await session.query<{ pid: string; name: string }>(formerOwner(schema), [streamId, sink], {
    signal,
    doing,
  });
  return rows.map(({ pid, name }) => ({
    code: 'CANNOT_TERMINATE',
    level: 'warning' as const,
    message: `Server process ${pid} of role ${name} wrote this stream before and is alive; this role may not terminate it, only wait`,
    fix: 'GRANT pg_signal_backend TO CURRENT_USER;',
  }));
};
