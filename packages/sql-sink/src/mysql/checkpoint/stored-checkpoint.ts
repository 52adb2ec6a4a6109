import type { Checkpoint } from '@millrace/core';
import type { ScriptSession } from '@millrace/mysql-client';
import { checkpointOf, type StoredRow } from '../../checkpoint/checkpoint-row.ts';
import { withGrant } from './checkpoint-grant.ts';
import { removeCheckpoint, selectCheckpoint } from './checkpoint-sql.ts';
import { findCheckpointTables } from './checkpoint-table.ts';
import { removeProgress } from './copy-range-sql.ts';
import { withProgress } from './read-progress.ts';

/** Which row of which checkpoint table. */
export interface CheckpointName {
  readonly schema: string;
  readonly streamId: string;
  readonly sink: string;
}

/** Reads a checkpoint without taking an epoch; `null` where there is none, or no table for it. */
export const readStoredCheckpoint = async (
  session: ScriptSession,
  { schema, streamId, sink }: CheckpointName,
  signal: AbortSignal,
): Promise<Checkpoint | null> => {
  const found = await findCheckpointTables(session, schema, signal);
  if (!found.checkpoints) return null;
  const name = { schema, stream: streamId, sink };
  const options = { signal, doing: 'read the checkpoint' };
  return withGrant(session, schema, signal, async () => {
    const [row] = await session.query<StoredRow>(selectCheckpoint(name), [], options);
    if (row === undefined) return null;
    const checkpoint = checkpointOf(streamId, sink, row);
    return found.ranges ? withProgress(session, name, checkpoint, signal) : checkpoint;
  });
};

/** Removes a checkpoint, if there is one, and the progress of its copies. Whoever still writes with it is fenced. */
export const deleteStoredCheckpoint = async (
  session: ScriptSession,
  { schema, streamId, sink }: CheckpointName,
  signal: AbortSignal,
): Promise<void> => {
  const found = await findCheckpointTables(session, schema, signal);
  if (!found.checkpoints) return;
  const name = { schema, stream: streamId, sink };
  // The row first: it waits for a chunk that is just being committed, and lets no other one after it.
  const statements = [
    'START TRANSACTION',
    removeCheckpoint(name),
    ...(found.ranges ? [removeProgress(name, null)] : []),
    'COMMIT',
  ];
  await withGrant(session, schema, signal, () =>
    session.script(statements, { signal, doing: 'delete the checkpoint' }),
  );
};
