import { quoteIdentifier, quoteLiteral, type ScriptSession } from '@millrace/mysql-client';
import type { Finding } from '../../validation/report.ts';
import type { RowName } from '../checkpoint/checkpoint-sql.ts';
import { findCheckpointTables } from '../checkpoint/checkpoint-table.ts';
import { writerLockName } from '../checkpoint/named-locks.ts';
import type { Privileges } from '../privileges.ts';

/** Whether the checkpoint tables can be used, or made. */
export const checkpointFindings = async (
  session: ScriptSession,
  schema: string,
  privileges: Privileges,
  signal: AbortSignal,
): Promise<readonly Finding[]> => {
  const { checkpoints, ranges } = await findCheckpointTables(session, schema, signal);
  const missingOn = (table: string, isThere: boolean) =>
    privileges.missing([...(isThere ? [] : ['CREATE']), 'SELECT', 'INSERT', 'UPDATE', 'DELETE'], schema, table);
  const missing = [...new Set([...missingOn('checkpoint', checkpoints), ...missingOn('copy_range', ranges)])];
  if (missing.length === 0) return [];
  const [quoted, { account }] = [quoteIdentifier(schema), privileges];
  return [
    {
      code: 'PERMISSION_DENIED',
      message: `User ${account} lacks ${missing.join(', ')} on the database ${quoted} of the checkpoints`,
      fix: `GRANT ${missing.join(', ')} ON ${quoted}.* TO ${account};`,
    },
  ];
};

interface Process {
  readonly Id: string;
  readonly User: string;
}

/** Whether a connection that may have to be taken over from belongs to a user whose connections this one may not end. */
export const takeoverFindings = async (
  session: ScriptSession,
  name: RowName,
  privileges: Privileges,
  signal: AbortSignal,
): Promise<readonly Finding[]> => {
  const options = { signal, doing: 'look for the connection that wrote before' };
  const [holder] = await session.query<{ id: string | null; user: string }>(
    `SELECT IS_USED_LOCK(${quoteLiteral(writerLockName(name))}) AS id, USER() AS user`,
    [],
    options,
  );
  const ends = session.server.kind === 'mysql' ? 'CONNECTION_ADMIN' : 'CONNECTION ADMIN';
  if (holder === undefined || holder.id === null || privileges.hasGlobal(ends) || privileges.hasGlobal('SUPER'))
    return [];
  // Who may not see the connections of others sees only those that it may end.
  const connections = await session.query<Process>('SHOW PROCESSLIST', [], options);
  const own = holder.user.slice(0, holder.user.lastIndexOf('@'));
  if (connections.some(({ Id, User }) => Id === holder.id && User === own)) return [];
  return [
    {
      code: 'CANNOT_TERMINATE',
      level: 'warning',
      message: `Connection ${holder.id} of another user writes this stream; this user may not end it, only wait`,
      fix: `GRANT ${ends} ON *.* TO ${privileges.account};`,
    },
  ];
};
