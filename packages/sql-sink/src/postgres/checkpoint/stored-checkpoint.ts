import type { Checkpoint } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { type CheckpointRow, checkpointOf } from './checkpoint-row.ts';
import { removeCheckpoint, selectCheckpoint } from './checkpoint-sql.ts';
import { findCheckpointTable } from './checkpoint-table.ts';

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
  if ((await findCheckpointTable(session, schema, signal)) !== 'ready') return null;
  const doing = 'read the checkpoint';
  const { rows } = await session.query<CheckpointRow>(selectCheckpoint(schema), [streamId, sink], { signal, doing });
  return rows[0] === undefined ? null : checkpointOf(streamId, sink, rows[0]);
};

/** Removes a checkpoint if there is one. Whoever still writes with it is fenced. */
export const deleteStoredCheckpoint = async (
  session: PostgresSession,
  { schema, streamId, sink }: CheckpointName,
  signal: AbortSignal,
): Promise<void> => {
  if ((await findCheckpointTable(session, schema, signal)) !== 'ready') return;
  await session.query(removeCheckpoint(schema), [streamId, sink], { signal, doing: 'delete the checkpoint' });
};
