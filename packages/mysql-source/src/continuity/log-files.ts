import { errnoOf } from '../errno-of.ts';
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

/** `binlog.000001`: base and number. */
const parsed = (file: string): readonly [string, bigint] => {
  const [, base = file, number = '0'] = /^(.*)\.(\d+)$/.exec(file) ?? [];
  return [base, BigInt(number)];
};

/** Files are ordered by their numbers, as numbers (`binlog.999999` < `binlog.1000000`); `null`: of different logs. */
export const compareLogFiles = (a: string, b: string): -1 | 0 | 1 | null => {
  const [baseA, numberA] = parsed(a);
  const [baseB, numberB] = parsed(b);
  if (baseA !== baseB) return null;
  return numberA < numberB ? -1 : numberA > numberB ? 1 : 0;
};
