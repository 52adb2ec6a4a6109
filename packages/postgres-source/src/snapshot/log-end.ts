import type { LogLayout } from '../catalog/server-facts.ts';

/**
 * Behind everything that a reader can see now: a commit becomes visible only after its record was inserted. What was
 * inserted may not have been flushed yet, so that this may lie past `headPosition` for a moment. A standby shows what it
 * has replayed, a moment before it says so; it has received that before.
 */
export const logEndPosition = `CASE WHEN pg_catalog.pg_is_in_recovery()
  THEN GREATEST(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())
  ELSE pg_catalog.pg_current_wal_insert_lsn() END`;

/** The headers of pages of the log, the first one of a segment longer than the others. */
const pageHeader = 24n;
const segmentHeader = 40n;

/**
 * The end of the last record. The server may say where the next one would begin, behind the header of a page that is
 * still empty: a position that an idle server never reaches. No record ends there, because one that goes on in a page
 * takes at least eight bytes of it.
 */
export const endOfLastRecord = (position: bigint, { page, segment }: LogLayout): bigint => {
  const header = position % BigInt(segment) < BigInt(page) ? segmentHeader : pageHeader;
  return position % BigInt(page) === header ? position - header : position;
};
