import type { Checkpoint, SinkContext } from '@millrace/core';
import { type PostgresSession, sqlstateOf } from '@millrace/postgres-client';
import { checkpointOf } from '../../checkpoint/checkpoint-row.ts';
import { isBeingCopied } from '../../checkpoint/copy-progress.ts';
import { sqlSinkError } from '../../error-table.ts';
import {
  checkpointTable,
  insertCheckpoint,
  lockCheckpoint,
  lockCheckpointName,
  selectCheckpoint,
  takeEpoch,
} from './checkpoint-sql.ts';
import { removeProgress } from './copy-range-sql.ts';
import { copyingBackends } from './copying-backends.ts';
import type { CheckpointRow } from './former-backend.ts';
import { abandonedBackends, type Backend, terminateFormerBackend } from './former-backend.ts';
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
  /** How long to wait, in milliseconds, for a former connection to be gone. */
  readonly patience: number;
  readonly report: SinkContext['report'];
  readonly signal: AbortSignal;
}

const doing = 'take the next epoch of the checkpoint';

/** How long the row may be held by somebody before he counts as frozen. */
const lockTimeout = '2s';

const fenced = ({ streamId, sink }: AcquireOptions, found: string) =>
  sqlSinkError('FENCED', `Another process owns stream "${streamId}" now: ${found}`, {
    details: { stream: streamId, sink },
  });

const backendOf = (row: CheckpointRow | undefined): Backend | null =>
  row === undefined || row.backend_pid === null || row.backend_start === null
    ? null
    : { pid: row.backend_pid, start: row.backend_start };

const readFormer = async (session: PostgresSession, options: AcquireOptions): Promise<Backend | null> => {
  const { schema, streamId, sink, signal } = options;
  const { rows } = await session.query<CheckpointRow>(selectCheckpoint(schema), [streamId, sink], { signal, doing });
  return backendOf(rows[0]);
};

/**
 * One attempt. Waits for whoever holds the row, so that what it returns is the truth also about a commit whose answer
 * was lost (invariant 8).
 */
const take = async (
  session: PostgresSession,
  options: AcquireOptions,
): Promise<{ readonly checkpoint: Checkpoint; readonly former: Backend | null }> => {
  const { schema, streamId, sink, epoch, ownerPrefix, owner, signal } = options;
  const row = [streamId, sink];
  const copies = { schema, stream: streamId, sink };
  const begin = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = '${lockTimeout}'`;
  await session.script(begin, { signal, doing });
  if (epoch === null) {
    await session.query(lockCheckpointName(schema), row, { signal, doing });
    const { rowCount } = await session.query(insertCheckpoint(schema), row, { signal, doing });
    // Whoever deleted the row by hand left them behind.
    if (rowCount > 0) await session.query(removeProgress(copies, null), [], { signal, doing });
  }
  const locked = await session.query<CheckpointRow>(lockCheckpoint(schema), row, { signal, doing });
  const found = locked.rows[0];
  if (found === undefined) throw fenced(options, 'its checkpoint was deleted');
  // Later than expected is still its own if this very sink took it and the answer was lost. The number alone is no
  // proof: epochs of a row that was deleted and made again start anew.
  const own = epoch === null || (Number(found.epoch) >= epoch && found.owner?.startsWith(ownerPrefix) === true);
  if (!own) throw fenced(options, `the epoch is ${found.epoch}, this process had ${epoch}`);
  const taken = await session.query<CheckpointRow>(takeEpoch(schema), [...row, owner], { signal, doing });
  const next = taken.rows[0];
  if (next === undefined) throw fenced(options, 'its checkpoint was deleted');
  // Behind the lock, so that a chunk committed just before is seen, and none comes after.
  const checkpoint = await withProgress(session, copies, checkpointOf(streamId, sink, next), signal);
  const { command } = await session.query('COMMIT', [], { signal, doing });
  if (command !== 'COMMIT') throw sqlSinkError('COMMIT_ROLLED_BACK', `Could not ${doing}: COMMIT answered ${command}`);
  return { checkpoint, former: backendOf(found) };
};

/**
 * Takes the next epoch and returns the checkpoint as it then is. Whoever wrote before can no longer commit, and its
 * connection is gone when this resolves. Rejects `FENCED` when another process took over, `ZOMBIE_ALIVE` when the
 * former connection could neither be terminated nor waited for. After a rejection the session must be destroyed.
 */
export const acquireCheckpoint = async (session: PostgresSession, options: AcquireOptions): Promise<Checkpoint> => {
  const { schema, streamId, sink, patience, report, signal } = options;
  const copies = { schema, stream: streamId, sink };
  const deadline = performance.now() + patience;
  const onForbidden = (backend: Backend) => () =>
    report({
      type: 'waiting',
      code: 'ZOMBIE_ALIVE',
      message: `Waiting for server process ${backend.pid} to end its transaction: this role may not terminate it`,
      details: { pid: Number(backend.pid) },
    });
  const end = async (backend: Backend) => {
    const rest = { patience, signal, onForbidden: onForbidden(backend) };
    if (!(await terminateFormerBackend(session, backend, rest)))
      throw sqlSinkError('ZOMBIE_ALIVE', `Server process ${backend.pid} still holds the transaction it wrote before`, {
        hint: `SELECT pg_terminate_backend(${backend.pid})`,
        details: { pid: Number(backend.pid) },
      });
  };
  for (;;) {
    const expected = await readFormer(session, options);
    try {
      const { checkpoint, former } = await take(session, options);
      if (former !== null) await end(former);
      if (Object.values(checkpoint.tables).some(isBeingCopied))
        for (const backend of await copyingBackends(session, copies, signal)) await end(backend);
      return checkpoint;
    } catch (error) {
      if (sqlstateOf(error) !== '55P03' || performance.now() > deadline) throw error;
    }
    await session.query('ROLLBACK', [], { signal, doing });
    if (expected !== null) await end(expected);
    for (const backend of await copyingBackends(session, copies, signal)) await end(backend);
    for (const backend of await abandonedBackends(session, checkpointTable(schema), signal)) await end(backend);
  }
};
