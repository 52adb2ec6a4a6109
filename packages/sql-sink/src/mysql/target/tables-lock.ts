import type { ScriptSession } from '@millrace/mysql-client';

/** The whole server's. */
const name = "'millrace tables'";

/** How long one attempt waits, in seconds. */
const patience = 60;

/**
 * Does something while no other stream makes or drops tables at this server. The lock goes with the connection, once the
 * server has ended what that was doing.
 */
export const withTablesLock = async <Result>(
  session: ScriptSession,
  signal: AbortSignal,
  act: () => Promise<Result>,
): Promise<Result> => {
  const ask = async (sql: string): Promise<string | null> => {
    const [outcome] = await session.script([sql], { signal, doing: 'wait for other streams that make tables' });
    return outcome?.rows[0]?.[0] ?? null;
  };
  while ((await ask(`SELECT GET_LOCK(${name}, ${patience})`)) !== '1');
  try {
    return await act();
  } finally {
    // What ended the connection has ended the lock.
    await ask(`SELECT RELEASE_LOCK(${name})`).catch(() => {});
  }
};
