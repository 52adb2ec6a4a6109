import { type MysqlTestDatabase, until } from '../../../../test/harness/index.ts';
import { ask, factsOf } from '../replication/dump-reader.test-support.ts';
import { readHead } from './head.ts';

/** A transaction that is in the log of its server, and that nobody sees yet. Disposing of it lets it go. */
export interface HeldCommit extends AsyncDisposable {
  /** Resolves when it has been committed. Idempotent. */
  release(): Promise<void>;
}

/** Semi-synchronous replication without a replica: commits wait between the log and the engine. */
const holdCommits = async ({ server, query }: MysqlTestDatabase): Promise<void> => {
  if (server.kind === 'mariadb') {
    await query(
      'SET GLOBAL rpl_semi_sync_master_wait_point = AFTER_SYNC, GLOBAL rpl_semi_sync_master_timeout = 60000, GLOBAL rpl_semi_sync_master_enabled = ON',
    );
    return;
  }
  const plugin = 'rpl_semi_sync_source';
  const installed = await query('SELECT 1 FROM information_schema.plugins WHERE plugin_name = ?', [plugin]);
  if (installed.length === 0) await query(`INSTALL PLUGIN ${plugin} SONAME 'semisync_source.so'`);
  await query(`SET GLOBAL ${plugin}_timeout = 60000, GLOBAL ${plugin}_enabled = ON`);
};

const releaseCommits = async ({ server, query }: MysqlTestDatabase): Promise<void> => {
  const name = server.kind === 'mysql' ? 'rpl_semi_sync_source_enabled' : 'rpl_semi_sync_master_enabled';
  await query(`SET GLOBAL ${name} = OFF`);
};

/**
 * Runs a statement whose commit hangs once it is in the log, and with it every later one. The server must be the test's
 * own.
 */
export const holdCommit = async (
  database: MysqlTestDatabase,
  statement: string,
  values: readonly unknown[] = [],
): Promise<HeldCommit> => {
  const facts = await factsOf(database.server);
  // What is executed by then says nothing: it is the place that moves, in MariaDB also for what is no transaction.
  const logged = () =>
    ask(database.server.url(), async (session) => {
      const { gtids, place } = await readHead(session, facts);
      return facts.kind === 'mysql' ? `${place.file}:${place.offset}` : gtids;
    });
  await holdCommits(database);
  const before = await logged();
  const connection = await database.connect();
  const written = connection.query(statement, [...values]);
  // The server may be killed meanwhile.
  written.catch(() => {});
  const release = async () => {
    await releaseCommits(database);
    await written;
  };
  await until(async () => (await logged()) !== before, { describe: 'the transaction in the log' });
  return { release, [Symbol.asyncDispose]: release };
};
