import { setTimeout } from 'node:timers/promises';
import type { PostgresSession } from '@millrace/postgres-client';
import { type RunningTransaction, runningTransactions } from '../slot/slot-waits.ts';
import { readCurrentSnapshot } from './exported-snapshot.ts';
import { fullXid, hasEnded, notYetVisible, type TransactionSnapshot } from './transaction-snapshot.ts';

export interface VisibilityWait {
  readonly session: PostgresSession;
  /** Called about every second with what is waited for. */
  readonly waiting: (transactions: readonly RunningTransaction[]) => void;
  readonly signal: AbortSignal;
}

const interval = 20;
const reportEvery = 1_000;

/**
 * The server makes a commit durable, waits for synchronous standbys, and only then shows it to readers: the log may say
 * it long before (PostgreSQL manual, "Synchronous Replication"). Waits until nothing is `pending`.
 */
const awaitNone = async (
  { session, waiting, signal }: VisibilityWait,
  pending: (now: TransactionSnapshot) => readonly bigint[],
): Promise<void> => {
  let nextReport = performance.now() + reportEvery;
  for (;;) {
    const xids = pending(await readCurrentSnapshot(session, signal));
    if (xids.length === 0) return;
    if (performance.now() >= nextReport) {
      waiting(await runningTransactions(session, { xids }, signal));
      nextReport = performance.now() + reportEvery;
    }
    await setTimeout(interval, undefined, { signal });
  }
};

/** Until everything that `snapshot` sees is visible to readers. Never waits for what it does not see. */
export const awaitSnapshot = (wait: VisibilityWait, snapshot: TransactionSnapshot): Promise<void> =>
  awaitNone(wait, (now) => notYetVisible(snapshot, now));

/** Until transactions that the log has brought are visible to readers. `xids`: as the log says them, 32 bits. */
export const awaitTransactions = (wait: VisibilityWait, xids: readonly number[]): Promise<void> =>
  awaitNone(wait, (now) => xids.map((xid) => fullXid(xid, now)).filter((xid) => !hasEnded(xid, now)));

/**
 * Until everything that may be in the log by now is visible to readers: every transaction that has an id now has ended.
 * A standby shows a commit when it comes to it in the log, so that there is nothing to wait for.
 */
export const awaitEverything = async (wait: VisibilityWait, inRecovery: boolean): Promise<void> => {
  if (inRecovery) return;
  const { session, signal } = wait;
  // A snapshot does not tell of running transactions that are younger than the last one that ended; an id of our own does.
  const statements = 'BEGIN; SELECT pg_catalog.pg_current_xact_id(); ROLLBACK';
  const outcomes = await session.script(statements, { signal, doing: 'look at what is visible' });
  const next = BigInt(outcomes[1]?.row?.[0] ?? '');
  await awaitNone(wait, (now) => notYetVisible({ xmax: next, running: new Set() }, now));
};
