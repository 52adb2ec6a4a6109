import { dumpError } from '../replication/dump-errors.ts';

/** `domain-server-sequence` (MariaDB knowledge base, "Global Transaction ID"). */
export interface MariadbGtid {
  readonly domain: number;
  readonly server: number;
  readonly sequence: bigint;
}

/** The GTIDs of a list as the server writes it, e.g. `0-1-100,1-1-5`. */
const parseMariadbGtids = (text: string): readonly MariadbGtid[] =>
  text
    .split(',')
    .map((gtid) => gtid.trim())
    .filter((gtid) => gtid !== '')
    .map((gtid) => {
      const [, domain, server, sequence] = /^(\d{1,10})-(\d{1,10})-(\d{1,20})$/.exec(gtid) ?? [];
      if (sequence === undefined) {
        throw dumpError('START_NOT_POSSIBLE', `Not a GTID of MariaDB: ${JSON.stringify(gtid.slice(0, 60))}`);
      }
      return { domain: Number(domain), server: Number(server), sequence: BigInt(sequence) };
    });

export const mariadbGtidText = ({ domain, server, sequence }: MariadbGtid): string => `${domain}-${server}-${sequence}`;

/** What is in `position` and not in the log of a server whose `gtid_binlog_state` this is. */
export const unknownGtids = (position: string, state: string): readonly MariadbGtid[] => {
  const known = parseMariadbGtids(state);
  return parseMariadbGtids(position).filter(
    ({ domain, server, sequence }) =>
      !known.some((gtid) => gtid.domain === domain && gtid.server === server && gtid.sequence >= sequence),
  );
};

/**
 * The domains in which `position` ends before `oldest`, the position at the start of the oldest file: what lies between
 * has been removed. Sequence numbers rise within a domain, whichever server gives them.
 */
export const purgedDomains = (position: string, oldest: string): readonly number[] => {
  const ours = new Map(parseMariadbGtids(position).map((gtid) => [gtid.domain, gtid.sequence]));
  return parseMariadbGtids(oldest)
    .filter(({ domain, sequence }) => (ours.get(domain) ?? -1n) < sequence)
    .map(({ domain }) => domain);
};
