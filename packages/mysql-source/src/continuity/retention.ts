import type { BinlogPlace } from '../binlog/binlog-event.ts';
import type { LogSession } from '../log-session.ts';
import { readLogFiles } from './log-files.ts';

export interface LogRetention {
  /** All of the log that the server has, in bytes. */
  readonly kept: number;
  /** From the place on, in bytes; 0 where its file is not there. */
  readonly needed: number;
  /** Bytes of log from which on the server removes the oldest file; `null`: however much there is. */
  readonly limit: number | null;
  /** Seconds after which a file is removed that nothing was written to; `null`: never. */
  readonly expireAfter: number | null;
  /** The place lies in the file that is removed next. */
  readonly isOldest: boolean;
}

/** The log that the server keeps, and how much of it lies behind `place`. A server keeps nothing for a replica. */
export const readRetention = async (session: LogSession, place: BinlogPlace): Promise<LogRetention> => {
  const files = await readLogFiles(session);
  const rows = await session.query<{ readonly Variable_name: string; readonly Value: string }>(
    `SHOW GLOBAL VARIABLES WHERE Variable_name IN
      ('binlog_expire_logs_seconds', 'binlog_expire_logs_auto_purge', 'expire_logs_days', 'max_binlog_total_size')`,
  );
  const values = new Map(rows.map((row) => [row.Variable_name, row.Value]));
  const size = (from: number) => files.slice(from).reduce((bytes, file) => bytes + file.size, 0);
  const at = files.findIndex((file) => file.name === place.file);
  return {
    kept: size(0),
    needed: at < 0 ? 0 : Math.max(0, size(at) - place.offset),
    limit: Number(values.get('max_binlog_total_size')) || null,
    expireAfter: values.get('binlog_expire_logs_auto_purge') === 'OFF' ? null : expiry(values),
    isOldest: at === 0 && files.length > 1,
  };
};

const expiry = (values: ReadonlyMap<string, string>): number | null =>
  Number(values.get('binlog_expire_logs_seconds')) || Number(values.get('expire_logs_days')) * 86_400 || null;

/**
 * Whether what lies behind a place may soon be gone: it is in the file that goes next, and four fifths of what the server
 * keeps, by size or by age, are used up. `age`: seconds since what was read last was committed.
 */
export const isNearPurge = ({ kept, limit, expireAfter, isOldest }: LogRetention, age: number): boolean =>
  isOldest && ((limit !== null && kept > limit * 0.8) || (expireAfter !== null && age > expireAfter * 0.8));
