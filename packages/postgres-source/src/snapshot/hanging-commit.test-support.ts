import type pg from 'pg';
import {
  type PostgresServer,
  type PostgresVersion,
  startPostgres,
  type TestDatabase,
  until,
} from '../../../../test/harness/index.ts';

/** A server whose commits wait for a standby that there is not, in sessions that ask for it. */
export const startWithoutStandby = (version: PostgresVersion): Promise<PostgresServer> =>
  startPostgres({ version, settings: { synchronous_standby_names: 'nobody', synchronous_commit: 'local' } });

export const pidOf = async (session: pg.Client): Promise<number> =>
  (await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid ?? 0;

export interface HangingStatement extends AsyncDisposable {
  readonly pid: number;
  /** Lets readers see it, with everything else that waits. */
  readonly show: () => Promise<void>;
}

/** Runs a statement whose transaction is in the log then, and that no reader sees. */
export const hangingStatement = async (database: TestDatabase, statement: string): Promise<HangingStatement> => {
  const session = await database.connect();
  const pid = await pidOf(session);
  await session.query('SET synchronous_commit = on');
  const done = session.query(statement);
  const hangs = "SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'SyncRep'";
  await until(async () => (await database.query(hangs, [pid])).length > 0, { describe: 'a commit that waits' });
  const show = async () => {
    await database.query("ALTER SYSTEM SET synchronous_standby_names = ''");
    await database.query('SELECT pg_reload_conf()');
    await done;
  };
  return { pid, show, [Symbol.asyncDispose]: show };
};
