import { setTimeout } from 'node:timers/promises';
import type { Transaction } from '@millrace/core';
import type { BinlogPlace } from '../binlog/binlog-event.ts';
import type { ServerFacts } from '../continuity/server-facts.ts';
import { readVisiblePosition } from '../continuity/visible-start.ts';
import type { LogSession } from '../log-session.ts';
import { compareFiles } from '../positions/binlog-file.ts';
import { BinlogPosition } from '../positions/binlog-position.ts';

/** Milliseconds between two looks. */
const pause = 20;

/** What `Transaction.visibility` says: the GTID where the server lists those that readers see, otherwise where it begins. */
export const visibilityOf = (gtid: string | null, kind: ServerFacts['kind'], start: BinlogPlace): string =>
  gtid !== null && kind === 'mysql' ? gtid : `${start.file}:${start.offset}`;

const isBefore = (place: BinlogPlace, other: BinlogPlace): boolean => {
  const files = compareFiles(place.file, other.file);
  // Files of another series are those of another server, whose transactions were read from there.
  return files === null || files < 0 || (files === 0 && place.offset < other.offset);
};

const isGtid = /^[0-9a-f]{8}-[0-9a-f]{4}-/;

/**
 * Waits until readers see transactions of the log: a commit is written there before. It takes what `readVisiblePosition`
 * does. Ends with its session.
 */
export const awaitVisible = async (
  session: LogSession,
  server: ServerFacts,
  transactions: readonly Transaction[],
): Promise<void> => {
  const awaited = [...new Set(transactions.flatMap(({ visibility }) => visibility ?? []))];
  const gtids = awaited.filter((each) => isGtid.test(each)).join(',');
  while (gtids !== '') {
    const [row] = await session.query<{ readonly seen: string }>(
      'SELECT GTID_SUBSET(?, @@GLOBAL.gtid_executed) AS seen',
      [gtids],
    );
    if (row?.seen === '1') break;
    await setTimeout(pause);
  }
  const places = awaited.flatMap((each) => (isGtid.test(each) ? [] : (BinlogPosition.parse(each).place ?? [])));
  while (places.length > 0) {
    const { place } = await readVisiblePosition(session, server);
    if (places.every((each) => isBefore(each, place))) return;
    await setTimeout(pause);
  }
};
