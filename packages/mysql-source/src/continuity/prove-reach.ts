import { setTimeout } from 'node:timers/promises';
import type { BinlogPlace } from '../binlog/binlog-event.ts';
import type { LogSession } from '../log-session.ts';
import { compareFiles } from '../positions/binlog-file.ts';
import { dumpError, sourceChanged } from '../replication/dump-errors.ts';
import type { DumpStart } from '../replication/dump-start.ts';
import { readLogFiles } from './log-files.ts';
import { oneLine } from './log-position.ts';
import { mariadbGtidText, purgedDomains, unknownGtids } from './mariadb-position.ts';
import { oldestGtids } from './oldest-position.ts';
import type { ServerFacts } from './server-facts.ts';

export interface ReachOptions {
  readonly server: ServerFacts;
  readonly start: DumpStart;
  /** `ServerFacts.identity` of the server whose file a place names. */
  readonly placeOf?: string;
  /** Seconds to wait for transactions that the server has not executed yet. Default: 10. */
  readonly catchUp?: number;
}

const defaultCatchUp = 10;
/** In milliseconds. */
const pollEvery = 200;
const hint = "delete() the stream and start it anew; startFrom: 'earliest' begins with the oldest that is left";

const purged = (message: string, details: Readonly<Record<string, unknown>>) =>
  dumpError('BINLOG_PURGED', message, { hint, details });

/**
 * Proves that the server can send everything behind `start` and nothing else (invariant 3): it has executed what `start`
 * says was read, and has still got the rest. Rejects `SOURCE_CHANGED`, `BINLOG_PURGED` or `START_NOT_POSSIBLE`. A
 * transaction is in the log before its server has executed it, and a replica that we have moved to may still be behind
 * the one we have left: what is missing is waited for, for `catchUp` seconds.
 */
export const proveReach = async (session: LogSession, options: ReachOptions): Promise<void> => {
  const { server, start, placeOf, catchUp = defaultCatchUp } = options;
  if (start.kind === 'place') return provePlace(session, server, start.place, placeOf ?? server.identity);
  if (start.kind === 'gtid-position') return proveGtidPosition(session, server, start.position, catchUp);
  return proveGtidSet(session, server, start.set, catchUp);
};

/** What `read` says once it is enough, or after so many seconds. */
const caughtUp = async <T>(read: () => Promise<T>, isEnough: (value: T) => boolean, seconds: number): Promise<T> => {
  const deadline = performance.now() + seconds * 1_000;
  for (;;) {
    const value = await read();
    if (isEnough(value) || performance.now() >= deadline) return value;
    await setTimeout(pollEvery);
  }
};

const proveGtidSet = async (session: LogSession, server: ServerFacts, set: string, catchUp: number): Promise<void> => {
  if (server.kind !== 'mysql') throw sourceChanged('The server is MariaDB, the position is of MySQL', { set });
  if (!server.hasGtids) {
    throw dumpError('START_NOT_POSSIBLE', 'The position is a GTID set, and the server has gtid_mode switched off', {
      hint: 'SET GLOBAL gtid_mode = ON, by the steps of the MySQL manual',
    });
  }
  const read = async () => {
    const [row] = await session.query<{ readonly missing: string; readonly gone: string }>(
      'SELECT GTID_SUBTRACT(?, @@GLOBAL.gtid_executed) AS missing, GTID_SUBTRACT(@@GLOBAL.gtid_purged, ?) AS gone',
      [set, set],
    );
    return { missing: oneLine(row?.missing), gone: oneLine(row?.gone) };
  };
  const { missing, gone } = await caughtUp(read, (sets) => sets.missing === '', catchUp);
  if (missing !== '') {
    throw sourceChanged(`The server has not executed what was read already: ${missing}`, {
      missing,
      server: server.identity,
    });
  }
  if (gone !== '') throw purged(`The server has removed transactions that were not read: ${gone}`, { purged: gone });
};

const proveGtidPosition = async (
  session: LogSession,
  server: ServerFacts,
  position: string,
  catchUp: number,
): Promise<void> => {
  if (server.kind !== 'mariadb') throw sourceChanged('The server is MySQL, the position is of MariaDB', { position });
  const read = async () => {
    const [row] = await session.query<{ readonly state: string }>('SELECT @@GLOBAL.gtid_binlog_state AS state');
    return unknownGtids(position, row?.state ?? '').map(mariadbGtidText);
  };
  const unknown = await caughtUp(read, (gtids) => gtids.length === 0, catchUp);
  if (unknown.length > 0) {
    throw sourceChanged(`The log of the server has not what was read already: ${unknown.join(', ')}`, {
      missing: unknown,
      server: server.identity,
    });
  }
  const domains = purgedDomains(position, await oldestGtids(session));
  if (domains.length > 0) {
    throw purged(`The server has removed log behind ${position || 'the beginning'}, of domain ${domains.join(', ')}`, {
      position,
      domains,
    });
  }
};

const provePlace = async (
  session: LogSession,
  server: ServerFacts,
  { file, offset }: BinlogPlace,
  placeOf: string,
): Promise<void> => {
  const details = { file, offset, server: server.identity };
  if (placeOf !== server.identity) {
    throw sourceChanged(`The position ${file}:${offset} is of another server, and only GTIDs hold on several`, details);
  }
  const files = await readLogFiles(session);
  const found = files.find(({ name }) => name === file);
  if (found !== undefined) {
    if (offset <= found.size) return;
    throw sourceChanged(`The file ${file} ends before ${offset}: the log was begun anew, or its end was lost`, details);
  }
  if (compareFiles(file, files[0].name) === -1) {
    throw purged(`The server has removed ${file}; its log begins with ${files[0].name}`, details);
  }
  throw sourceChanged(`The server has never had a file ${file}`, details);
};
