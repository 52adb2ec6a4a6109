import { BinlogDecoder } from '../binlog/binlog-decoder.ts';
import type { Ask } from '../log-session.ts';
import { firstOffset } from '../replication/dump-commands.ts';
import { dumpError } from '../replication/dump-errors.ts';
import type { DumpReader } from '../replication/dump-reader.ts';
import type { DumpStart } from '../replication/dump-start.ts';
import { ContinuedDump } from './continued-dump.ts';
import { FirstAtTime } from './first-at-time.ts';
import { type LogFile, readLogFiles } from './log-files.ts';
import type { LogPosition } from './log-position.ts';
import { readOldestPosition } from './oldest-position.ts';
import type { ServerFacts } from './server-facts.ts';

export interface TimeSearch {
  readonly ask: Ask;
  readonly server: ServerFacts;
  /** Reads the log from there to its head. */
  readonly openLog: (start: DumpStart) => Promise<DumpReader>;
  readonly signal: AbortSignal;
}

const formatDescription = 15;

/**
 * The position right before the first transaction that was committed at or after a time, in milliseconds since 1970; the
 * head where there is none. Files are found by when they were begun, which takes the server's clock to go forward, and one
 * is read. Rejects `BINLOG_PURGED` when the log may have held such transactions and does not any more.
 */
export const findByTime = async (time: number, search: TimeSearch): Promise<LogPosition> => {
  const files = await search.ask(readLogFiles, search.signal);
  const later = await firstFileAfter(files, time, search);
  if (later === 0) await proveNothingGone(files[0], time, search);
  const file = files[Math.max(0, later - 1)] ?? files[0];
  const { server, openLog, ask, signal } = search;
  const decoder = new BinlogDecoder();
  const first = new FirstAtTime(time, server.hasGtids);
  await using log = await ContinuedDump.open(startOf(file), {
    kind: server.kind,
    open: openLog,
    ask,
    signal,
    readSoFar: () => first.readSoFar,
  });
  for await (const events of log) {
    for (const bytes of events) {
      for (const event of decoder.decode(bytes)) if (first.pass(event)) return first.position;
    }
  }
  return first.position;
};

const startOf = ({ name }: LogFile): DumpStart => ({ kind: 'place', place: { file: name, offset: firstOffset } });

/** The index of the first file that was begun after the time. */
const firstFileAfter = async (files: readonly LogFile[], time: number, search: TimeSearch): Promise<number> => {
  let [low, high] = [0, files.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const file = files[middle];
    if (file !== undefined && (await beginningOf(file, search)) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** The latest moment at which a file may have been begun, in milliseconds since 1970: it says only the second. */
const beginningOf = async (file: LogFile, { openLog }: TimeSearch): Promise<number> => {
  await using log = await openLog(startOf(file));
  for await (const events of log) {
    const format = events.find((event) => event[4] === formatDescription);
    if (format !== undefined) return format.readUInt32LE(0) * 1_000 + 999;
  }
  throw dumpError('LOG_CHANGED', `The file ${file.name} has no beginning`);
};

/** The first file a server makes has the number 1. */
const isFirst = ({ name }: LogFile): boolean => /\.0*1$/.test(name);

const proveNothingGone = async (oldest: LogFile, time: number, { ask, server, signal }: TimeSearch): Promise<void> => {
  const { gtids } = await ask((session) => readOldestPosition(session, server), signal);
  if (gtids === null ? isFirst(oldest) : gtids === '') return;
  throw dumpError('BINLOG_PURGED', `The log begins after ${new Date(time).toISOString()}, with ${oldest.name}`, {
    hint: "startFrom: 'earliest' starts with what there is",
    details: { timestamp: time, oldest: oldest.name },
  });
};
