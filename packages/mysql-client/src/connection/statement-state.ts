import type { StatementState } from '@millrace/core';
import type { ResolvedConnection } from './connection-options.ts';
import { errnoOf } from './mysql-error.ts';
import { MysqlSession } from './mysql-session.ts';

interface Thread {
  readonly Id: number | string;
  readonly Command: string;
  readonly State: string | null;
}

/** What a thread is said to do that waits for its client (MySQL manual, "General Thread States"; MariaDB knowledge base). */
const waiting = /^(?:Reading from net|Receiving from client|Writing to net|Sending to client)$/;

/**
 * Asks a server, over a connection of its own, what a connection of the same user is doing. MySQL cannot show its table
 * PROCESSLIST while anybody's statement has characters beyond the basic plane.
 */
export const stateOf = async (
  connection: ResolvedConnection,
  applicationName: string,
  threadId: number,
): Promise<StatementState> => {
  const signal = AbortSignal.timeout(5_000);
  try {
    await using session = await MysqlSession.open(connection, { applicationName, signal });
    const threads = await session.query<Thread>('SHOW PROCESSLIST', [], { signal });
    const thread = threads.find(({ Id }) => Number(Id) === threadId);
    return thread === undefined || thread.Command === 'Sleep' || waiting.test(thread.State ?? '')
      ? 'waiting'
      : 'working';
  } catch (error) {
    // A server that refuses to be asked, e.g. because nobody gets a connection now, is within reach.
    return errnoOf(error) === null ? 'unknown' : 'working';
  }
};
