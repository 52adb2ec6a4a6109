import type { BinlogPlace } from '../binlog/binlog-event.ts';
import type { LogSession } from '../log-session.ts';
import { firstOffset } from '../replication/dump-commands.ts';
import { dumpError } from '../replication/dump-errors.ts';
import { gtidsAt } from './gtids-at.ts';
import { readLogFiles } from './log-files.ts';
import { purgedDomains } from './mariadb-position.ts';

/** How far a log was read. */
export interface CutRead {
  /** The GTIDs of what was read; `null`: `end` counts. */
  readonly gtids: string | null;
  /** Where the last transaction ends that was read as a whole. */
  readonly end: BinlogPlace;
  /** Where the last event ends that could be read. */
  readonly place: BinlogPlace;
}

/**
 * MariaDB: where the log goes on behind a file that the server cannot read to its end, as after a crash that has cut off
 * the event that was being written. The next file says which transactions lie before it: those that were read. `null`: there is
 * no next file. Rejects `BINLOG_CUT_OFF` when there are others.
 */
export const placeBehindCut = async (
  session: LogSession,
  { gtids, end, place }: CutRead,
): Promise<BinlogPlace | null> => {
  const files = await readLogFiles(session);
  const index = files.findIndex(({ name }) => name === place.file);
  const next = index < 0 ? undefined : files[index + 1];
  if (next === undefined) return null;
  const start = { file: next.name, offset: firstOffset };
  const read = gtids ?? (await gtidsAt(session, end));
  const before = await gtidsAt(session, start);
  if (purgedDomains(read, before).length === 0) return start;
  const { file, offset } = place;
  throw dumpError(
    'BINLOG_CUT_OFF',
    `The server cannot read its log behind ${file}:${offset}, and ${next.name} begins behind ${before}, which was not read`,
    {
      hint: `delete() the stream and start it anew, with a copy, or behind the gap: startFrom: { position: '${before}@${next.name}:${firstOffset}' }`,
      details: { ...place, read, before, next: start },
    },
  );
};
