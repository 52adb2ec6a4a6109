import { randomBytes } from 'node:crypto';
import { type Chunk, qualifiedName, type RangeProgress } from '@millrace/core';
import type { PostgresConnection } from '@millrace/postgres-client';
import type { LogLayout } from '../catalog/server-facts.ts';
import { openSlot } from '../slot/create-slot.ts';
import type { RunningTransaction } from '../slot/slot-waits.ts';
import type { CopyForm } from './copied-rows.ts';
import type { CopiedTable } from './copied-table.ts';
import { copyRange } from './copy-range.ts';
import type { CopySessions } from './copy-sessions.ts';
import { type Heap, readHeaps, readHeapVersions } from './heaps.ts';
import { rangesOf } from './plan-copy.ts';
import { isShapeError, outdated } from './read-chunk.ts';
import { SnapshotSessions } from './snapshot-sessions.ts';

export interface ExactCopy {
  readonly connection: PostgresConnection;
  readonly applicationName: string;
  readonly serverVersion: number;
  readonly log: LogLayout;
  /** The name of the temporary slot. */
  readonly slot: string;
  readonly waiting: (transactions: readonly RunningTransaction[]) => void;
  readonly copied: CopiedTable;
  /** As they were before. */
  readonly heaps: readonly Heap[];
  readonly form: CopyForm;
  /** For questions to the catalog as it is. */
  readonly current: CopySessions;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Names of slots have at most 63 characters, and belong to the whole server. */
export const temporarySlotName = (slot: string): string =>
  `${slot.slice(0, 40)}_copy_${randomBytes(6).toString('hex')}`;

const versionsOf = (heaps: readonly Pick<Heap, 'oid' | 'filenode' | 'fingerprint'>[]): string =>
  JSON.stringify(heaps.map(({ oid, filenode, fingerprint }) => [oid, filenode, fingerprint]));

/** What is read once the table is locked: both as the snapshot sees the catalog and as it is, it must be what it was. */
const lockedHeaps = async (
  { copied: { facts }, heaps, current, signal }: ExactCopy,
  sessions: SnapshotSessions,
): Promise<readonly Heap[]> => {
  try {
    const session = await sessions.take(signal);
    const seen = await readHeaps(session.plain, facts, signal);
    sessions.giveBack(session);
    const now = await current.use(({ plain }) => readHeapVersions(plain, heaps, signal), signal);
    const before = versionsOf(heaps);
    if (versionsOf(seen) === before && versionsOf(now) === before) return seen;
  } catch (error) {
    if (!isShapeError(error)) throw error;
  }
  throw outdated(facts);
};

/**
 * Copies a table as it is where a temporary slot starts: the snapshot that the slot exports sees exactly the transactions
 * that lie before its position, whatever readers see meanwhile.
 *
 * What rewrites a table may leave nothing in it that an older snapshot sees. A lock that was taken before the slot is made
 * would keep transactions waiting that the slot waits for. So the table is looked at before, and once it is locked.
 */
export async function* copyExactly(copy: ExactCopy): AsyncGenerator<Chunk, void, undefined> {
  const { copied, form, maxBytes, log, signal } = copy;
  const table = qualifiedName(copied.facts);
  await using slot = await openSlot({ ...copy, failover: false, temporary: true, exportSnapshot: true, claim: null });
  const { position: through, snapshot } = slot;
  await using sessions = new SnapshotSessions({ ...copy, snapshot: snapshot ?? '' });
  const heaps = await lockedHeaps(copy, sessions);
  let rows = 0;
  for (const [index, heap] of heaps.entries()) {
    const [range = { from: null, to: null }] = rangesOf(copied, heap, 1);
    const request = { table, progress: { table, range, cursor: null, done: false, rows: 0 }, maxBytes };
    for await (const chunk of copyRange({ request, copied, heap, form, sessions, log, signal })) {
      rows += chunk.length;
      const done = chunk.progress.done && index === heaps.length - 1;
      if (chunk.length === 0 && !done) continue;
      const progress: RangeProgress = { table, range: { from: null, to: null }, cursor: null, done, rows };
      yield { ...chunk, progress, through };
    }
  }
}
