import type { Checkpoint, SinkContext } from '@millrace/core';
import { errnoOf, type ScriptSession } from '@millrace/mysql-client';
import { checkpointOf, type StoredRow } from '../../checkpoint/checkpoint-row.ts';
import { isBeingCopied } from '../../checkpoint/copy-progress.ts';
import { sqlSinkError } from '../../error-table.ts';
import { waitForRows } from '../sink-session.ts';
import { withGrant } from './checkpoint-grant.ts';
import { insertCheckpoint, lockCheckpoint, selectCheckpoint, takeEpoch } from './checkpoint-sql.ts';
import { removeProgress } from './copy-range-sql.ts';
import { endConnections } from './former-connections.ts';
import { copyingConnections, takeNamedLock, writerLockName } from './named-locks.ts';
import { withProgress } from './read-progress.ts';

export interface AcquireOptions {
  readonly schema: string;
  readonly streamId: string;
  readonly sink: string;
  /** The epoch that must still hold; `null`: whatever it is (the first open of a run). */
  readonly epoch: number | null;
  /** Names this process's sink: what every owner it ever wrote begins with. */
  readonly ownerPrefix: string;
  /** Names this connection. */
  readonly owner: string;
  /** How long the session waits for rows from then on, in whole seconds. */
  readonly rowPatience: number;
  /** How long to wait, in milliseconds, for a former connection to be gone. */
  readonly patience: number;
  readonly report: SinkContext['report'];
  readonly signal: AbortSignal;
}

const doing = 'take the next epoch of the checkpoint';

/** How many seconds the row may be held by somebody before he counts as frozen. */
const frozen = 2;

/** The row is held, there was a deadlock, or somebody has inserted the row. */
const passing = [1205, 1213, 1062];

const nameOf = ({ schema, streamId, sink }: AcquireOptions) => ({ schema, stream: streamId, sink });

/**
 * Throws `FENCED` unless the row is this sink's own. Later than expected is still its own if this very sink took it and
 * the answer was lost. The number alone is no proof: epochs of a row that was deleted and made again start anew.
 */
const ownRow = (options: AcquireOptions, row: StoredRow | undefined): StoredRow => {
  const { streamId, sink, epoch, ownerPrefix } = options;
  const fenced = (found: string) =>
    sqlSinkError('FENCED', `Another process owns stream "${streamId}" now: ${found}`, {
      details: { stream: streamId, sink },
    });
  if (row === undefined) throw fenced('its checkpoint was deleted');
  if (epoch !== null && !(Number(row.epoch) >= epoch && row.owner?.startsWith(ownerPrefix) === true))
    throw fenced(`the epoch is ${row.epoch}, this process had ${epoch}`);
  return row;
};

/** Who has lost its epoch ends nobody's connection. */
const checkOwn = async (session: ScriptSession, options: AcquireOptions): Promise<void> => {
  if (options.epoch === null) return;
  const { signal } = options;
  const [row] = await session.query<StoredRow>(selectCheckpoint(nameOf(options)), [], { signal, doing });
  ownRow(options, row);
};

/**
 * One attempt. Waits for whoever holds the row, so that what it returns is the truth also about a commit whose answer
 * was lost (invariant 8).
 */
const take = async (session: ScriptSession, options: AcquireOptions): Promise<Checkpoint> => {
  const { streamId, sink, epoch, owner, signal } = options;
  const name = nameOf(options);
  const lock = () => session.query<StoredRow>(lockCheckpoint(name), [], { signal, doing });
  await session.script([waitForRows(frozen), 'START TRANSACTION'], { signal, doing });
  let [found] = await lock();
  if (found === undefined && epoch === null) {
    // Whoever deleted the row by hand left them behind.
    await session.script([insertCheckpoint(name), removeProgress(name, null)], { signal, doing });
    [found] = await lock();
  }
  const row = ownRow(options, found);
  await session.script([takeEpoch(name, owner)], { signal, doing });
  const taken = checkpointOf(streamId, sink, { ...row, epoch: String(Number(row.epoch) + 1), owner });
  // Behind the lock, so that a chunk committed just before is seen, and none comes after.
  const checkpoint = await withProgress(session, name, taken, signal);
  await session.script(['COMMIT', waitForRows(options.rowPatience)], { signal, doing });
  return checkpoint;
};

/**
 * Takes the next epoch and returns the checkpoint as it then is. Whoever wrote before can no longer commit, and its
 * connections are gone when this resolves; the session holds the lock of the one that writes. Rejects `FENCED` when
 * another process took over, and then it ended no connection; `ZOMBIE_ALIVE` when a former connection could neither be
 * ended nor waited for. After a rejection the session must be destroyed.
 */
export const acquireCheckpoint = (session: ScriptSession, options: AcquireOptions): Promise<Checkpoint> =>
  withGrant(session, options.schema, options.signal, async () => {
    const { patience, report, signal } = options;
    const name = nameOf(options);
    const ending = { deadline: performance.now() + patience, report, signal };
    const endCopies = () => endConnections(session, () => copyingConnections(session, name, signal), ending);
    const takeWriting = async () => {
      await checkOwn(session, options);
      return takeNamedLock(session, writerLockName(name), signal);
    };
    await endConnections(session, takeWriting, ending);
    for (;;) {
      try {
        const checkpoint = await take(session, options);
        if (Object.values(checkpoint.tables).some(isBeingCopied)) await endCopies();
        return checkpoint;
      } catch (error) {
        if (!passing.includes(errnoOf(error) ?? 0) || performance.now() > ending.deadline) throw error;
      }
      await session.script(['ROLLBACK'], { signal, doing });
      await endCopies();
    }
  });
