import type { Position } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { headPosition } from './slot-facts.ts';

const query = `SELECT ${headPosition} AS lsn, extract(epoch FROM clock_timestamp()) * 1000 AS clock`;

/** The newest position of the log and the server's clock in milliseconds since 1970. */
export const readHead = async (
  session: PostgresSession,
  signal: AbortSignal,
): Promise<{ readonly position: Position; readonly time: number }> => {
  const doing = 'read the position of the log';
  const { rows } = await session.query<{ lsn: string; clock: string }>(query, [], { signal, doing });
  const [row] = rows;
  return { position: row?.lsn ?? '0/0', time: Number(row?.clock) };
};
