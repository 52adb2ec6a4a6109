import { errnoOf } from '@millrace/mysql-client';
import type { LogSession } from '../log-session.ts';
import { dumpError } from '../replication/dump-errors.ts';

export interface LogFile {
  readonly name: string;
  /** In bytes; of the newest one, as far as it has got. */
  readonly size: number;
}

const noBinaryLogging = 1381;

/** The server writes no log. */
export const logDisabled = () =>
  dumpError('BINLOG_DISABLED', 'The server writes no binlog', { hint: 'log_bin in its configuration, and a restart' });

/** The files of the log that the server still has, the oldest first; there is at least one. */
export const readLogFiles = async (session: LogSession): Promise<readonly [LogFile, ...LogFile[]]> => {
  const rows = await session
    .query<{ readonly Log_name: string; readonly File_size: number | string }>('SHOW BINARY LOGS')
    .catch((error: unknown) => {
      throw errnoOf(error) === noBinaryLogging ? logDisabled() : error;
    });
  const [oldest, ...others] = rows.map((row): LogFile => ({ name: row.Log_name, size: Number(row.File_size) }));
  if (oldest === undefined) throw logDisabled();
  return [oldest, ...others];
};
