import type { SourceContext, ValidationItem } from '@millrace/core';
import { applicationName, PostgresSession } from '@millrace/postgres-client';
import type { ResolvedOptions } from '../source-options.ts';
import { failed, passed } from './report.ts';

const code = 'POOLER_NOT_SUPPORTED';
const path = 'source.connection';

const pidOf = async (session: PostgresSession, signal: AbortSignal): Promise<string | undefined> => {
  const { rows } = await session.query<{ pid: string }>('SELECT pg_backend_pid() AS pid', [], { signal });
  return rows[0]?.pid;
};

/**
 * Whether statements of one connection can meet different server processes. While a second connection holds a
 * transaction open, a first one that shares its process must be given another: the same process seen from two living
 * connections, or two seen from one, can only be a pooler's doing.
 */
export const detectPooler = async (
  { options, context }: { readonly options: ResolvedOptions; readonly context: SourceContext },
  session: PostgresSession,
  signal: AbortSignal,
): Promise<ValidationItem> => {
  const before = await pidOf(session, signal);
  await using second = await PostgresSession.open(options.connection, {
    applicationName: applicationName(context.streamId),
    signal,
  });
  await second.query('BEGIN', [], { signal });
  const other = await pidOf(second, signal);
  const after = await pidOf(session, signal);
  await second.query('ROLLBACK', [], { signal });
  return before === after && before !== other
    ? passed(code, path, 'Connections reach the server itself')
    : failed(code, {
        path,
        message: 'Between us and the server is a pooler that gives each transaction another server process',
        fix: 'use the address of the server itself',
      });
};
