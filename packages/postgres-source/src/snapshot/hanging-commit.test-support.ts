import type pg from 'pg';
import { type TestDatabase, until } from '../../../../test/harness/index.ts';

/**
 * Every commit from now on waits for a standby, unless its session says otherwise; for none: what waits ends. `session`
 * knows it then.
 */
export const requireStandby = async (database: TestDatabase, session: pg.Client, name: string): Promise<void> => {
  await database.query(`ALTER SYSTEM SET synchronous_standby_names = '${name}'`);
  await database.query('SELECT pg_reload_conf()');
  const current = async () =>
    (await session.query('SHOW synchronous_standby_names')).rows[0]?.synchronous_standby_names;
  await until(async () => (await current()) === name, { describe: 'the setting' });
};

export const pidOf = async (session: pg.Client): Promise<number> =>
  (await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid ?? 0;

/** Runs a statement whose transaction is in the log then, and that nobody sees until no standby is required. */
export const hangingStatement = async (database: TestDatabase, session: pg.Client, statement: string) => {
  const pid = await pidOf(session);
  const done = session.query(statement);
  const hangs = "SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'SyncRep'";
  await until(async () => (await database.query(hangs, [pid])).length > 0, { describe: 'a commit that waits' });
  return { pid, seen: () => done };
};
