import { setTimeout } from 'node:timers/promises';
import type { Position } from '@millrace/core';
import { readHead } from '../continuity/head.ts';
import { oneLine } from '../continuity/log-position.ts';
import type { ServerFacts } from '../continuity/server-facts.ts';
import type { LogSession } from '../log-session.ts';
import { BinlogPosition } from '../positions/binlog-position.ts';
import { GtidSet } from '../positions/gtid-set.ts';

/** Milliseconds between two looks. */
const pause = 50;
/** Looks at transactions of other servers: they are owned all the time while they are applied. */
const attempts = 20;

interface Gtids {
  /** Those of threads that are committing, or that apply transactions of another server. */
  readonly owned: GtidSet;
  readonly executed: GtidSet;
}

const readGtids = async (session: LogSession): Promise<Gtids> => {
  const read = async (name: string) => {
    const [row] = await session.query<{ readonly gtids: string }>(`SELECT @@GLOBAL.${name} AS gtids`);
    // Behind each number of an owned one stands that of its thread.
    return GtidSet.parse(oneLine(row?.gtids).replace(/#\d+/g, ''));
  };
  // In this order: what ends in between is in one of the two.
  const owned = await read('gtid_owned');
  return { owned, executed: await read('gtid_executed') };
};

const both = (one: GtidSet, other: GtidSet): GtidSet => one.subtract(one.subtract(other));

/**
 * MySQL shows a transaction before it is in `gtid_executed`, and does the one soon after the other. What is just being
 * committed is waited for; what is owned for longer is still being applied, and not to be seen. Together they are what a reader
 * of the log comes by: to take owned ones in would leave out what lies between.
 */
const readSeenGtids = async (session: LogSession, { identity }: ServerFacts): Promise<string> => {
  const { owned, executed } = await readGtids(session);
  let [open, seen] = [owned.subtract(executed), executed];
  const isOwn = () => open.toString().includes(identity);
  for (let attempt = 0; !open.isEmpty && (attempt < attempts || isOwn()); attempt++) {
    await setTimeout(pause);
    const now = await readGtids(session);
    open = both(open, now.owned).subtract(now.executed);
    seen = now.executed;
  }
  return seen.toString();
};

/** A position that everything lies before which anybody has seen so far. Ends with its session. */
export const readLogEnd = async (session: LogSession, server: ServerFacts): Promise<Position> => {
  const { gtids, place } = await readHead(session, server);
  const seen = server.kind === 'mysql' && server.hasGtids ? await readSeenGtids(session, server) : gtids;
  return BinlogPosition.of(seen, place).toString();
};
