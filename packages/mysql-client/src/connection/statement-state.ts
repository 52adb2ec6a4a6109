import type { StatementState } from '@millrace/core';
import type { ResolvedConnection } from './connection-options.ts';
import { MysqlSession } from './mysql-session.ts';

/** What a thread is said to do that waits for its client (MySQL manual, "General Thread States"; MariaDB knowledge base). */
const waiting = /^(?:Reading from net|Receiving from client|Writing to net|Sending to client)$/;

/** Asks a server, over a connection of its own, what a connection of the same user is doing. */
export const stateOf = async (
  connection: ResolvedConnection,
  applicationName: string,
  threadId: number,
): Promise<StatementState> => {
  const signal = AbortSignal.timeout(5_000);
  try {
    await using session = await MysqlSession.open(connection, { applicationName, signal });
    const [thread] = await session.query<{ command: string; state: string | null }>(
      'SELECT COMMAND AS command, STATE AS state FROM information_schema.PROCESSLIST WHERE ID = ?',
      [threadId],
      { signal },
    );
    return thread === undefined || thread.command === 'Sleep' || waiting.test(thread.state ?? '')
      ? 'waiting'
      : 'working';
  } catch {
    return 'unknown';
  }
};
