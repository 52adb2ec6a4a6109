import type { BinlogPlace } from '../binlog/binlog-event.ts';
import type { DumpStart } from '../replication/dump-start.ts';
import type { ServerFacts } from './server-facts.ts';

/** A place in a log, and what lies before it where transactions have GTIDs: that is then what counts. */
export interface LogPosition {
  readonly gtids: string | null;
  readonly place: BinlogPlace;
}

/** How the server is asked for everything behind a position. */
export const dumpStartOf = ({ kind }: ServerFacts, { gtids, place }: LogPosition): DumpStart => {
  if (gtids === null) return { kind: 'place', place };
  return kind === 'mysql' ? { kind: 'gtid-set', set: gtids } : { kind: 'gtid-position', position: gtids };
};

/** Sets are printed with a line for each server. */
export const oneLine = (gtids: string | null | undefined): string => (gtids ?? '').replaceAll('\n', '');
