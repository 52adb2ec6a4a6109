import { type PostgresSession, quoteLiteral } from '@millrace/postgres-client';
import type { CopyName } from './copy-range-sql.ts';
import type { Backend } from './former-backend.ts';

/** Of one sink of one stream: what its copying connections are known by, as long as they live. */
const copyLock = ({ schema, stream, sink }: CopyName): string => {
  const names = ['millrace copy', schema, stream, sink].map((name) => `${quoteLiteral(name)}::text`);
  return `hashtextextended(json_build_array(${names.join(', ')})::text, 0)`;
};

/** Marks a connection as one that copies. It waits for nobody. */
export const markCopying = (name: CopyName): string => `SELECT pg_advisory_lock_shared(${copyLock(name)})`;

/** The connections that copy: what they have written and not committed would be in the way of whoever takes over. */
export const copyingBackends = async (
  session: PostgresSession,
  name: CopyName,
  signal: AbortSignal,
): Promise<readonly Backend[]> => {
  const { rows } = await session.query<Backend>(
    `SELECT a.pid, a.backend_start AS start FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.classid::bigint << 32) | l.objid::bigint = ${copyLock(name)} AND l.pid <> pg_backend_pid()`,
    [],
    { signal, doing: 'look for connections that copy' },
  );
  return rows;
};
