import type { SchemaPlan } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { sqlSinkError } from '../../error-table.ts';
import { isTrue } from '../boolean-text.ts';
import {
  addPreparedColumn,
  checkpointTable,
  createCheckpointSchema,
  createCheckpointTable,
  currentLayout,
  layoutOf,
  lockCheckpointTable,
} from './checkpoint-sql.ts';
import { copyRangeTable, createCopyRangeTable } from './copy-range-sql.ts';

/**
 * What there is where the checkpoints should lie; `no-ranges`: what a version made that did not copy tables yet, without
 * a table for the progress of copies; `no-policies`: what one made that did not remember which policies it applied.
 */
export type CheckpointTableState = 'no-schema' | 'no-table' | 'no-ranges' | 'no-policies' | 'ready';

interface FoundTable {
  readonly name: string | null;
  readonly kind: string | null;
  readonly comment: string | null;
  /** The table remembers which policies were applied. */
  readonly prepared: string | null;
}

/** Throws unless the table is one that this version can use. */
const checkOwn = (table: string, quoted: string, { kind, comment }: FoundTable): void => {
  const layout = kind === 'r' ? layoutOf(comment) : null;
  const details = { table };
  if (layout === null)
    throw sqlSinkError('CHECKPOINT_TABLE_FOREIGN', `${quoted} is not a checkpoint table of Millrace`, {
      hint: 'Name another schema with the option `schema`.',
      details,
    });
  if (layout > currentLayout)
    throw sqlSinkError(
      'CHECKPOINT_TABLE_TOO_NEW',
      `${quoted} has layout ${layout}; this version of Millrace knows layouts up to ${currentLayout}`,
      { hint: 'Use the newer version of Millrace that made the table.', details },
    );
};

interface Found {
  readonly schema: boolean;
  readonly checkpoints: boolean;
  readonly ranges: boolean;
  readonly prepared: boolean;
}

const look = async (session: PostgresSession, schema: string, signal: AbortSignal): Promise<Found> => {
  const { rows } = await session.query<FoundTable>(
    `SELECT c.relname AS name, c.relkind AS kind, obj_description(c.oid, 'pg_class') AS comment,
  EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'prepared') AS prepared
FROM pg_namespace n
LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname IN ('checkpoint', 'copy_range')
WHERE n.nspname = $1`,
    [schema],
    { signal, doing: 'look for the checkpoint table' },
  );
  const checkpoints = rows.find(({ name }) => name === 'checkpoint');
  const ranges = rows.find(({ name }) => name === 'copy_range');
  if (checkpoints !== undefined) checkOwn(`${schema}.checkpoint`, checkpointTable(schema), checkpoints);
  if (ranges !== undefined) checkOwn(`${schema}.copy_range`, copyRangeTable(schema), ranges);
  return {
    schema: rows.length > 0,
    checkpoints: checkpoints !== undefined,
    ranges: ranges !== undefined,
    prepared: isTrue(checkpoints?.prepared ?? null),
  };
};

/**
 * Looks for the checkpoint table and the one beside it. Rejects `CHECKPOINT_TABLE_FOREIGN` for a table that is not ours
 * and `CHECKPOINT_TABLE_TOO_NEW` for one of a newer version.
 */
export const findCheckpointTable = async (
  session: PostgresSession,
  schema: string,
  signal: AbortSignal,
): Promise<CheckpointTableState> => {
  const found = await look(session, schema, signal);
  if (!found.schema) return 'no-schema';
  if (!found.checkpoints) return 'no-table';
  if (!found.ranges) return 'no-ranges';
  return found.prepared ? 'ready' : 'no-policies';
};

/** Makes the checkpoint table and the one beside it if they are missing. Any number of processes may do so at once. */
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
  const statements = missing(schema, await look(session, schema, signal)).map(({ sql }) => sql);
  await session.script([...statements, 'COMMIT'].join(';\n'), { signal, doing });
};

const missing = (schema: string, found: Found): SchemaPlan['statements'] => {
  const [checkpoint, ranges] = [`${schema}.checkpoint`, `${schema}.copy_range`];
  const all = [
    found.schema ? null : { table: checkpoint, kind: 'create-schema', sql: createCheckpointSchema(schema) },
    found.checkpoints ? null : { table: checkpoint, kind: 'create-table', sql: createCheckpointTable(schema) },
    !found.checkpoints || found.prepared
      ? null
      : { table: checkpoint, kind: 'add-column', sql: addPreparedColumn(schema) },
    found.ranges ? null : { table: ranges, kind: 'create-table', sql: createCopyRangeTable(schema) },
  ];
  return all.filter((statement) => statement !== null);
};

/** What makes the tables where there is nothing. */
export const newCheckpointTable = (schema: string): SchemaPlan['statements'] =>
  missing(schema, { schema: false, checkpoints: false, ranges: false, prepared: false });

/** What `ensureCheckpointTable` would run. */
export const planCheckpointTable = async (
  session: PostgresSession,
  schema: string,
  signal: AbortSignal,
): Promise<SchemaPlan['statements']> => missing(schema, await look(session, schema, signal));
