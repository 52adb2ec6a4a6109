import type { LogSession } from '../log-session.ts';
import { firstOffset } from '../replication/dump-commands.ts';
import { readHead, readHeadPlace } from './head.ts';
import { type LogPosition, oneLine } from './log-position.ts';
import type { ServerFacts } from './server-facts.ts';
import { readSnapshotPosition } from './snapshot-position.ts';

/**
 * A position to start a copy from: every transaction at or before it is visible to every later read. A transaction is in
 * the log before its server commits it, and may hang in between (semi-synchronous replication waits there), so the head
 * of the log is no such position (P1 step 1).
 *
 * MySQL with GTIDs: `gtid_executed` takes a transaction in when it has been committed. Without: a new file of the log is
 * begun only when everything in the old ones has been committed; that takes the privilege RELOAD, and waits for what
 * hangs. MariaDB: a consistent snapshot says which place of the log it shows.
 */
export const readVisiblePosition = async (session: LogSession, server: ServerFacts): Promise<LogPosition> => {
  if (server.kind === 'mariadb') return readSnapshotPosition(session, server);
  if (server.hasGtids) {
    // Read before: what lies behind it and is not in the set will be sent.
    const place = await readHeadPlace(session, server);
    const [row] = await session.query<{ readonly executed: string }>('SELECT @@GLOBAL.gtid_executed AS executed');
    return { gtids: oneLine(row?.executed), place };
  }
  await session.query('FLUSH LOCAL BINARY LOGS');
  const { place } = await readHead(session, server);
  return { gtids: null, place: { file: place.file, offset: firstOffset } };
};
