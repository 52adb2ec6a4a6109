import { readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { MysqlServer, MysqlTestDatabase } from '../../../../test/harness/index.ts';
import { eventBounds } from '../binlog/decode-log.test-support.ts';
import { eventType } from '../binlog/event-type.ts';
import { holdCommit } from './held-commit.test-support.ts';

/** How much of the last transaction is left in the log: whole events, or the last of them cut off. */
export const remains = ['whole events', 'an event that is cut off'] as const;

const typeAt = 4;
/** Of the event that is cut off. */
const bytesLeft = 10;

/** The files of a server's log, the oldest first. */
export const logFilesOf = async ({ dataDirectory }: MysqlServer): Promise<readonly string[]> =>
  (await readdir(dataDirectory))
    .filter((name) => /^binlog\.\d+$/.test(name))
    .sort()
    .map((name) => join(dataDirectory, name));

/** Takes the end of the last transaction in a file away. */
export const cutTransaction = async (file: string, left: (typeof remains)[number]): Promise<void> => {
  const log = await readFile(file);
  const ends: readonly (number | undefined)[] = [eventType.xid, eventType.query];
  const end = eventBounds(log).findLast(({ start }) => ends.includes(log[start + typeAt]));
  if (end === undefined) throw new Error(`No transaction ends in ${file}`);
  await truncate(file, end.start + (left === 'whole events' ? 0 : bytesLeft));
};

/** Takes the last transaction of the newest file away, as a crash of the machine does whose log is not durable. */
export const loseTransaction = async (server: MysqlServer): Promise<void> => {
  const newest = (await logFilesOf(server)).at(-1) ?? '';
  const log = await readFile(newest);
  const begin = eventBounds(log).findLast(({ start }) => log[start + typeAt] === eventType.mariadbGtid);
  await truncate(newest, begin?.start);
};

/**
 * Kills a server while it commits a statement, with only a part of its transaction in the log, and starts it again: it
 * rolls the transaction back.
 */
export const crashDuring = async (
  server: MysqlServer,
  database: MysqlTestDatabase,
  statement: string,
  left: (typeof remains)[number],
  whileDown: () => Promise<void> = async () => {},
): Promise<void> => {
  await holdCommit(database, statement);
  await server.kill();
  const newest = (await logFilesOf(server)).at(-1) ?? '';
  await cutTransaction(newest, left);
  await whileDown();
  await server.start();
};
