import { type Change, qualifiedName } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import type { ConflictTally } from '../../apply/conflict-tally.ts';
import { insertConflict, rowMissing } from '../../apply/row-conflicts.ts';
import { insertInstead, overwriteInstead, rowOperation } from '../../apply/row-operation.ts';
import { rowsNotWritten } from '../../apply/rows-not-written.ts';
import type { PostgresSinkSettings } from '../postgres-sink-options.ts';
import type { TablePlans } from '../target/table-plans.ts';
import { deleteAllRows, type TruncatedTable } from './delete-all-rows.ts';
import { type RowStatement, statementText } from './expected-rows.ts';
import type { InsertOperation, RowOperation, UpdateOperation } from './operations.ts';
import { namingColumn } from './rejected-column.ts';
import { makeRoom, marksDeleted } from './soft-deletes.ts';
import { deleteStatement, insertStatement, moveStatement, mustMove, type Slot, updateStatement } from './statements.ts';

/** What both ways of applying changes need. They run inside a transaction that the caller has begun. */
export interface ApplyContext {
  readonly session: PostgresSession;
  readonly plans: TablePlans;
  readonly policies: Pick<PostgresSinkSettings, 'conflict' | 'missingRow'>;
  /** The tables that the stream writes, by their `schema.table` at the target. */
  readonly captured: ReadonlySet<string>;
  readonly conflicts: ConflictTally;
}

/** Runs one statement and returns how many rows it met. */
export type Run = (operation: RowOperation, statement: (slot: Slot) => RowStatement) => Promise<number>;

/** Parameters `$1`, `$2`, … in their order. */
const parameters = (): Slot => {
  let count = 0;
  return () => `$${++count}`;
};

const update = async (run: Run, operation: UpdateOperation): Promise<boolean> => {
  const move = () => run(operation, (slot) => moveStatement(operation, slot));
  if (mustMove(operation)) return (await move()) > 0;
  if ((await run(operation, (slot) => updateStatement(operation, slot))) > 0) return true;
  return operation.set.some(({ always }) => always) && (await move()) > 0;
};

const insert = async (run: Run, operation: InsertOperation, context: ApplyContext): Promise<void> => {
  if ((await run(operation, (slot) => insertStatement(operation, slot, true))) > 0) return;
  const { plan, copied } = operation;
  const table = qualifiedName(plan.relation);
  if (plan.key === null) throw rowsNotWritten(table);
  if (!copied) {
    if (context.policies.conflict === 'error') throw insertConflict(table);
    context.conflicts.add('INSERT_CONFLICT', table);
  }
  if (!(await update(run, overwriteInstead(operation)))) throw rowsNotWritten(table);
};

const updateOrInsert = async (
  run: Run,
  operation: UpdateOperation,
  change: Change,
  context: ApplyContext,
): Promise<void> => {
  await makeRoom(run, operation);
  if (await update(run, operation)) return;
  const { missingRow } = context.policies;
  const { plan } = operation;
  const table = qualifiedName(plan.relation);
  if (marksDeleted(operation)) {
    context.conflicts.add('DELETE_MISSED', table);
    return;
  }
  const row = missingRow === 'insert' ? insertInstead(plan, change) : null;
  if (missingRow === 'error' || (missingRow === 'insert' && row === null))
    throw rowMissing(table, missingRow === 'insert');
  context.conflicts.add('UPDATE_MISSED', table);
  if (row !== null) await insert(run, row, context);
};

/** Applies one change of a row. */
export const applyRow = async (
  run: Run,
  operation: RowOperation,
  change: Change,
  context: ApplyContext,
): Promise<void> => {
  switch (operation.kind) {
    case 'insert':
      return insert(run, operation, context);
    case 'update':
      return updateOrInsert(run, operation, change, context);
    case 'delete':
      if ((await run(operation, (slot) => deleteStatement(operation, slot))) === 0)
        context.conflicts.add('DELETE_MISSED', qualifiedName(operation.plan.relation));
  }
};

/**
 * Runs each statement by itself. Errors name the column whose value was rejected, which is found out once `recover`, or
 * else a rollback, has made the session usable again.
 */
export const runEach =
  (session: PostgresSession, signal: AbortSignal, recover?: () => Promise<unknown>): Run =>
  async (operation, statement) => {
    const doing = `${operation.kind} a row of ${qualifiedName(operation.plan.relation)}`;
    try {
      return (await session.query(statementText(statement(parameters())), operation.values, { signal, doing }))
        .rowCount;
    } catch (error) {
      signal.throwIfAborted();
      throw await namingColumn(session, operation, error, signal, recover);
    }
  };

/**
 * The definition of right: one change at a time in log order, the result of each awaited. Everything else that applies
 * changes must leave the same rows.
 */
export const applySequentially = async (
  changes: Iterable<Change>,
  context: ApplyContext,
  signal: AbortSignal,
  recover?: () => Promise<unknown>,
): Promise<void> => {
  const { session, plans, captured } = context;
  const run = runEach(session, signal, recover);
  let truncated: TruncatedTable[] = [];
  const finishTruncates = async () => {
    if (truncated.length > 0) await deleteAllRows(session, truncated, captured, signal);
    truncated = [];
  };
  for (const change of changes) {
    const plan = plans.of(change.relation);
    if (change.op === 'truncate') {
      truncated.push({ plan, transaction: change.transaction });
      continue;
    }
    await finishTruncates();
    await applyRow(run, rowOperation(plan, change), change, context);
  }
  await finishTruncates();
};
