import type { BinlogPlace } from '../binlog/binlog-event.ts';
import type { LogSession } from '../log-session.ts';
import { logDisabled } from './log-files.ts';
import { type LogPosition, oneLine } from './log-position.ts';
import type { ServerFacts } from './server-facts.ts';

interface LogStatus {
  readonly File: string;
  readonly Position: number | string;
  readonly Executed_Gtid_Set?: string;
}

/** MySQL gave the statement its present name in 8.2, and took the old one away in 8.4. */
const renamedIn = 80_200;

const readStatus = async (session: LogSession, { kind, version }: ServerFacts): Promise<LogStatus> => {
  const isNew = kind === 'mysql' && version >= renamedIn;
  const [status] = await session.query<LogStatus>(isNew ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS');
  if (status === undefined) throw logDisabled();
  return status;
};

/** The newest place of the log. */
export const readHeadPlace = async (session: LogSession, server: ServerFacts): Promise<BinlogPlace> => {
  const { File: file, Position: offset } = await readStatus(session, server);
  return { file, offset: Number(offset) };
};

/**
 * The newest position, and the server's clock in milliseconds since 1970. What MySQL has executed may be less than what
 * its log holds by the transactions that are just being committed.
 */
export const readHead = async (
  session: LogSession,
  server: ServerFacts,
): Promise<LogPosition & { readonly time: number }> => {
  const { File: file, Position: offset, Executed_Gtid_Set: executed } = await readStatus(session, server);
  const gtids = server.kind === 'mariadb' ? '@@GLOBAL.gtid_binlog_pos' : 'NULL';
  const [row] = await session.query<{ readonly gtids: string | null; readonly time: number | string }>(
    `SELECT ${gtids} AS gtids, ROUND(UNIX_TIMESTAMP(NOW(6)) * 1000) AS time`,
  );
  const place = { file, offset: Number(offset) };
  return { gtids: server.hasGtids ? oneLine(row?.gtids ?? executed) : null, place, time: Number(row?.time) };
};
