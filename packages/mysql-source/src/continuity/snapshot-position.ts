import { errnoOf } from '@millrace/mysql-client';
import type { BinlogPlace } from '../binlog/binlog-event.ts';
import type { LogSession } from '../log-session.ts';
import { gtidsAt } from './gtids-at.ts';
import { readHeadPlace } from './head.ts';
import type { LogPosition } from './log-position.ts';
import type { ServerFacts } from './server-facts.ts';

/** How long commits may have to wait for those before them, in seconds. */
const longestWait = 2;

/** A Xid event: header and number, and a checksum where there are any. */
const xidLengths = [31, 27];
const wrongOffset = 1220;

/**
 * MariaDB: a place of the log such that everything before it is visible. A consistent snapshot says which place it shows,
 * and is right as far as that is the end of a transaction. What is written besides transactions (the checkpoint behind a
 * new file, DDL) counts as shown when it is written, and with it any transaction before it that still waits to be
 * committed. Then, as on a server where nothing happens, commits are held back until those before have ended.
 */
export const readSnapshotPosition = async (session: LogSession, server: ServerFacts): Promise<LogPosition> => {
  const shown = await shownPlace(session);
  const place = (await endsTransaction(session, shown)) ? shown : await placeBetweenCommits(session, server);
  return { gtids: await gtidsAt(session, place), place };
};

const shownPlace = async (session: LogSession): Promise<BinlogPlace> => {
  await session.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
  await session.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
  const rows = await session.query<{ readonly Variable_name: string; readonly Value: string }>(
    "SHOW STATUS LIKE 'binlog\\_snapshot\\_%'",
  );
  await session.query('ROLLBACK');
  const values = new Map(rows.map((row) => [row.Variable_name.toLowerCase(), row.Value]));
  return { file: values.get('binlog_snapshot_file') ?? '', offset: Number(values.get('binlog_snapshot_position')) };
};

const endsTransaction = async (session: LogSession, { file, offset }: BinlogPlace): Promise<boolean> => {
  for (const length of xidLengths) {
    const rows = await session
      .query<{ readonly Event_type: string; readonly End_log_pos: string }>('SHOW BINLOG EVENTS IN ? FROM ? LIMIT 1', [
        file,
        Math.max(4, offset - length),
      ])
      .catch((error: unknown) => {
        if (errnoOf(error) === wrongOffset) return [];
        throw error;
      });
    if (rows.some((row) => row.Event_type === 'Xid' && Number(row.End_log_pos) === offset)) return true;
  }
  return false;
};

/** Needs the privilege RELOAD. Rejects when the commits before take longer than 2 s. */
const placeBetweenCommits = async (session: LogSession, server: ServerFacts): Promise<BinlogPlace> => {
  await session.query('BACKUP STAGE START');
  try {
    await session.query(`SET STATEMENT lock_wait_timeout = ${longestWait} FOR BACKUP STAGE BLOCK_COMMIT`);
    return await readHeadPlace(session, server);
  } finally {
    await session.query('BACKUP STAGE END');
  }
};
