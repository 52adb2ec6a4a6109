import type { BinlogPlace } from '../binlog/binlog-event.ts';
import type { LogSession } from '../log-session.ts';
import { dumpError } from '../replication/dump-errors.ts';

/** MariaDB: what lies before a place. The server looks through the file for it. Rejects `LOG_CHANGED` if it is gone. */
export const gtidsAt = async (session: LogSession, { file, offset }: BinlogPlace): Promise<string> => {
  const [row] = await session.query<{ readonly gtids: string | null }>('SELECT BINLOG_GTID_POS(?, ?) AS gtids', [
    file,
    offset,
  ]);
  if (typeof row?.gtids === 'string') return row.gtids;
  throw dumpError('LOG_CHANGED', `The server does not know any more what lies before ${file}:${offset}`);
};
