import { setTimeout } from 'node:timers/promises';
import type { Position } from '@millrace/core';
import { readHead } from '../continuity/head.ts';
import { oneLine } from '../continuity/log-position.ts';
import type { ServerFacts } from '../continuity/server-facts.ts';
import type { LogSession } from '../log-session.ts';
import { BinlogPosition } from '../positions/binlog-position.ts';
import { GtidSet } from '../positions/gtid-set.ts';

/** How often, and after how many milliseconds, it is asked whether commits have ended that were going on. */
const [attempts, pause] = [20, 50] as const;

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
 * MySQL shows a transaction before it is in `gtid_executed`. What is owned is waited for, so that nothing counts that is
 * rolled back; what still goes on after a second may have been seen.
 */
const readSeenGtids = async (session: LogSession): Promise<string> => {
  const { owned, executed } = await readGtids(session);
  let [open, seen] = [owned.subtract(executed), executed];
  for (let attempt = 0; attempt < attempts && !open.isEmpty; attempt++) {
    await setTimeout(pause);
    const now = await readGtids(session);
    open = both(open, now.owned).subtract(now.executed);
    seen = now.executed;
  }
  return open.isEmpty ? seen.toString() : GtidSet.parse(`${seen},${open}`).toString();
};

/** A position that everything lies before which anybody has seen so far. Ends with its session. */
export const readLogEnd = async (session: LogSession, server: ServerFacts): Promise<Position> => {
  const { gtids, place } = await readHead(session, server);
  const seen = server.kind === 'mysql' && server.hasGtids ? await readSeenGtids(session) : gtids;
  return BinlogPosition.of(seen, place).toString();
};
