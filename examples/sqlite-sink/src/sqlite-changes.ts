import {
  type Change,
  type Checkpoint,
  type Position,
  type ReplayStep,
  raisedThrough,
  replayStep,
  type SinkBatch,
  type SinkContext,
} from '@millrace/core';
import type { Database } from 'sql.js';
import { deleteRow, deleteRows, putRow, setRow } from './sqlite-rows.ts';

/** Applies the changes of a batch. Returns `checkpoint` with what came of reading rows again. */
export const applyBatch = async (
  database: Database,
  batch: SinkBatch,
  checkpoint: Checkpoint,
  context: SinkContext,
  signal: AbortSignal,
): Promise<Checkpoint> => {
  const tables = { ...checkpoint.tables };
  for (const change of batch.changes) {
    if (batch.catchingUp?.has(change.table) !== true) apply(database, change, context);
    else {
      const through = await replay(database, change, replayStep(change, batch), context, signal);
      const progress = tables[change.table];
      if (through !== null && progress !== undefined)
        tables[change.table] = raisedThrough(progress, through, context.compare);
    }
  }
  return { ...checkpoint, tables };
};

/** A change of a table that is as the log says it is. */
const apply = (database: Database, { op, table, relation, image }: Change, { report }: SinkContext): void => {
  const { before, after } = image;
  if (op === 'truncate') deleteRows(database, relation);
  else if (after === null) {
    if (before !== null) deleteRow(database, before);
  } else if (op !== 'update') putRow(database, after);
  else if (!setRow(database, after, [before, after])) {
    const message = `An update of ${table} found no row: somebody else has written to it`;
    report({ type: 'conflict', code: 'ROW_MISSING', message, details: { table } });
  }
};

/** A change of a table with rows that may be ahead of it. Returns where the rows are that were read again, or `null`. */
const replay = async (
  database: Database,
  change: Change,
  step: ReplayStep,
  { reselect }: SinkContext,
  signal: AbortSignal,
): Promise<Position | null> => {
  const { table, relation, transaction, image } = change;
  if (step.kind === 'delete-all') {
    deleteRows(database, relation);
    return null;
  }
  if (step.kind === 'delete') {
    deleteRow(database, step.row);
    return null;
  }
  if (step.former !== null) deleteRow(database, step.former);
  if (step.kind === 'upsert') putRow(database, step.row);
  if (step.kind === 'upsert') return null;
  if (step.kind === 'set' && setRow(database, step.row, [step.row, image.before])) return null;
  const transactions = transaction === null ? [] : [transaction];
  const found = await reselect?.({ table, keys: [step.row], transactions }, signal);
  for (const row of found?.rows ?? []) putRow(database, row);
  return found?.through ?? null;
};
