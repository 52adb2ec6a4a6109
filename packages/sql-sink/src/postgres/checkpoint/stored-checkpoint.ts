import type { Checkpoint } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { checkpointOf } from '../../checkpoint/checkpoint-row.ts';
import { sqlSinkError } from '../../error-table.ts';
import { removeCheckpoint, selectCheckpoint } from './checkpoint-sql.ts';
import { findCheckpointTable } from './checkpoint-table.ts';
import { removeProgress } from './copy-range-sql.ts';
import type { CheckpointRow } from './former-backend.ts';
import { withProgress } from './read-progress.ts';

/** Which row of which checkpoint table. */
export interface CheckpointName {
  readonly schema: string;
  readonly streamId: string;
  readonly sink: string;
}

/** Reads a checkpoint without taking an epoch; `null` where there is none, or no table for it. */
export const readStoredCheckpoint = async (
  session: PostgresSession,
  { schema, streamId, sink }: CheckpointName,
  signal: AbortSignal,
): Promise<Checkpoint | null> => {
  const state = await findCheckpointTable(session, schema, signal);
  if (state === 'no-schema' || state === 'no-table') return null;
  const doing = 'read the checkpoint';
  const { rows } = await session.query<CheckpointRow>(selectCheckpoint(schema), [streamId, sink], { signal, doing });
  if (rows[0] === undefined) return null;
  const checkpoint = checkpointOf(streamId, sink, rows[0]);
  if (state === 'no-ranges') return checkpoint;
  return withProgress(session, { schema, stream: streamId, sink }, checkpoint, signal);
};

/** Removes a checkpoint, if there is one, and the progress of its copies. Whoever still writes with it is fenced. */
export const deleteStoredCheckpoint = async (
  session: PostgresSession,
  { schema, streamId, sink }: CheckpointName,
  signal: AbortSignal,
): Promise<void> => {
  const state = await findCheckpointTable(session, schema, signal);
  if (state === 'no-schema' || state === 'no-table') return;
  const options = { signal, doing: 'delete the checkpoint' };
  await session.script('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE', options);
  // First: it waits for a chunk that is just being committed, and lets no other one after it.
  await session.query(removeCheckpoint(schema), [streamId, sink], options);
  if (state !== 'no-ranges') await session.script(removeProgress({ schema, stream: streamId, sink }, null), options);
  const { command } = await session.query('COMMIT', [], options);
  if (command !== 'COMMIT')
    throw sqlSinkError('COMMIT_ROLLED_BACK', `Could not delete the checkpoint: COMMIT answered ${command}`);
};
