import { errnoOf } from '@millrace/mysql-client';
import type { LogSession } from '../log-session.ts';

interface Thread {
  readonly Id: number | string;
  readonly Command: string;
}

const noSuchThread = 1094;

/**
 * Ends the server's side of a dump whose socket we have closed: it notices that only when it next has something to send,
 * and never on a network that swallows everything, and keeps the replica's server id for as long. Only a dump is ended:
 * after a restart of the server the number may be somebody else's.
 */
export const endDumpThread = async (session: LogSession, threadId: number): Promise<void> => {
  const threads = await session.query<Thread>('SHOW PROCESSLIST');
  const isDump = threads.some(({ Id, Command }) => Number(Id) === threadId && /^Binlog Dump/.test(Command));
  if (!isDump) return;
  await session.query(`KILL ${threadId}`).catch((error: unknown) => {
    if (errnoOf(error) !== noSuchThread) throw error;
  });
};
