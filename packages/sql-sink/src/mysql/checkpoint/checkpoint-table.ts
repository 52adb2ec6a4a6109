import type { SchemaPlan } from '@millrace/core';
import type { ScriptSession, ServerVersion } from '@millrace/mysql-client';
import { sqlSinkError } from '../../error-table.ts';
import { withGrant } from './checkpoint-grant.ts';
import {
  checkpointTable,
  createCheckpointSchema,
  createCheckpointTable,
  currentLayout,
  layoutOf,
} from './checkpoint-sql.ts';
import { copyRangeTable, createCopyRangeTable } from './copy-range-sql.ts';

interface FoundTable {
  readonly name: string | null;
  readonly engine: string | null;
  readonly comment: string | null;
}

/** Throws unless the table is one that this version can use. */
const checkOwn = (table: string, quoted: string, { engine, comment }: FoundTable): void => {
  const layout = layoutOf(comment);
  const details = { table };
  if (layout === null)
    throw sqlSinkError('CHECKPOINT_TABLE_FOREIGN', `${quoted} is not a checkpoint table of Millrace`, {
      hint: 'Name another database with the option `schema`.',
      details,
    });
  if (layout > currentLayout)
    throw sqlSinkError(
      'CHECKPOINT_TABLE_TOO_NEW',
      `${quoted} has layout ${layout}; this version of Millrace knows layouts up to ${currentLayout}`,
      { hint: 'Use the newer version of Millrace that made the table.', details },
    );
  if (engine !== 'InnoDB')
    throw sqlSinkError('CHECKPOINT_TABLE_FOREIGN', `${quoted} has no transactions: its engine is ${engine}`, {
      hint: `ALTER TABLE ${quoted} ENGINE = InnoDB`,
      details,
    });
};

/** What there is where the checkpoints should lie. */
export interface FoundCheckpointTables {
  readonly schema: boolean;
  readonly checkpoints: boolean;
  readonly ranges: boolean;
}

/**
 * Looks for the checkpoint table and the one beside it. Rejects `CHECKPOINT_TABLE_FOREIGN` for a table that is not ours
 * and `CHECKPOINT_TABLE_TOO_NEW` for one of a newer version.
 */
export const findCheckpointTables = async (
  session: ScriptSession,
  schema: string,
  signal: AbortSignal,
): Promise<FoundCheckpointTables> => {
  const found = await session.query<FoundTable>(
    `SELECT t.TABLE_NAME AS name, t.ENGINE AS engine, t.TABLE_COMMENT AS comment
FROM information_schema.SCHEMATA s
LEFT JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = s.SCHEMA_NAME AND t.TABLE_NAME IN ('checkpoint', 'copy_range')
WHERE s.SCHEMA_NAME = ?`,
    [schema],
    { signal, doing: 'look for the checkpoint table' },
  );
  const checkpoints = found.find(({ name }) => name === 'checkpoint');
  const ranges = found.find(({ name }) => name === 'copy_range');
  if (checkpoints !== undefined) checkOwn(`${schema}.checkpoint`, checkpointTable(schema), checkpoints);
  if (ranges !== undefined) checkOwn(`${schema}.copy_range`, copyRangeTable(schema), ranges);
  return { schema: found.length > 0, checkpoints: checkpoints !== undefined, ranges: ranges !== undefined };
};

/** Makes the checkpoint table and the one beside it if they are missing. Any number of processes may do so at once. */
export const ensureCheckpointTable = async (
  session: ScriptSession,
  schema: string,
  signal: AbortSignal,
): Promise<void> => {
  const statements = await planCheckpointTable(session, schema, signal);
  if (statements.length === 0) return;
  const texts = statements.map(({ sql }) => sql);
  await withGrant(session, schema, signal, () =>
    session.script(texts, { signal, doing: 'create the checkpoint table' }),
  );
  // Somebody else may have made others in between.
  await findCheckpointTables(session, schema, signal);
};

const missing = (schema: string, server: ServerVersion, found: FoundCheckpointTables): SchemaPlan['statements'] => {
  const [checkpoint, ranges] = [`${schema}.checkpoint`, `${schema}.copy_range`];
  const all = [
    found.schema ? null : { table: checkpoint, kind: 'create-schema', sql: createCheckpointSchema(schema) },
    found.checkpoints ? null : { table: checkpoint, kind: 'create-table', sql: createCheckpointTable(schema, server) },
    found.ranges ? null : { table: ranges, kind: 'create-table', sql: createCopyRangeTable(schema, server) },
  ];
  return all.filter((statement) => statement !== null);
};

/** What `ensureCheckpointTable` would run. */
export const planCheckpointTable = async (
  session: ScriptSession,
  schema: string,
  signal: AbortSignal,
): Promise<SchemaPlan['statements']> =>
  missing(schema, session.server, await findCheckpointTables(session, schema, signal));
