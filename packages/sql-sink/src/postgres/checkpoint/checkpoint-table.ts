import type { PostgresSession } from '@millrace/postgres-client';
import { sqlSinkError } from '../error-table.ts';
import {
  checkpointTable,
  createCheckpointSchema,
  createCheckpointTable,
  currentLayout,
  layoutOf,
  lockCheckpointTable,
} from './checkpoint-sql.ts';

/** What there is where the checkpoints should lie. */
export type CheckpointTableState = 'no-schema' | 'no-table' | 'ready';

/**
 * Looks for the checkpoint table. Rejects `CHECKPOINT_TABLE_FOREIGN` for a table that is not ours and
 * `CHECKPOINT_TABLE_TOO_NEW` for one of a newer version.
 */
export const findCheckpointTable = async (
  session: PostgresSession,
  schema: string,
  signal: AbortSignal,
): Promise<CheckpointTableState> => {
  const { rows } = await session.query<{ oid: string | null; kind: string | null; comment: string | null }>(
    `SELECT c.oid, c.relkind AS kind, obj_description(c.oid, 'pg_class') AS comment
FROM pg_namespace n
LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'checkpoint'
WHERE n.nspname = $1`,
    [schema],
    { signal, doing: 'look for the checkpoint table' },
  );
  const found = rows[0];
  if (found === undefined) return 'no-schema';
  if (found.oid === null) return 'no-table';
  const layout = found.kind === 'r' ? layoutOf(found.comment) : null;
  const details = { table: `${schema}.checkpoint` };
  if (layout === null)
    throw sqlSinkError('CHECKPOINT_TABLE_FOREIGN', `${checkpointTable(schema)} is not a checkpoint table of Millrace`, {
      hint: 'Name another schema with the option `schema`.',
      details,
    });
  if (layout > currentLayout)
    throw sqlSinkError(
      'CHECKPOINT_TABLE_TOO_NEW',
      `${checkpointTable(schema)} has layout ${layout}; this version of Millrace knows layouts up to ${currentLayout}`,
      { hint: 'Use the newer version of Millrace that made the table.', details },
    );
  return 'ready';
};

/** Makes the checkpoint table if it is missing. Any number of processes may do so at once. */
export const ensureCheckpointTable = async (
  session: PostgresSession,
  schema: string,
  signal: AbortSignal,
): Promise<void> => {
  if ((await findCheckpointTable(session, schema, signal)) === 'ready') return;
  const doing = 'create the checkpoint table';
  await session.script(`BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ${lockCheckpointTable(schema)}`, {
    signal,
    doing,
  });
  const state = await findCheckpointTable(session, schema, signal);
  const statements = [
    ...(state === 'no-schema' ? [createCheckpointSchema(schema)] : []),
    ...(state === 'ready' ? [] : [createCheckpointTable(schema)]),
    'COMMIT',
  ];
  await session.script(statements.join(';\n'), { signal, doing });
};
