import { type Change, qualifiedName } from '@millrace/core';
import { errnoOf, type ScriptSession } from '@millrace/mysql-client';
import type { ConflictTally } from '../../apply/conflict-tally.ts';
import { insertConflict, rowMissing } from '../../apply/row-conflicts.ts';
import { insertInstead, overwriteInstead, rowOperation } from '../../apply/row-operation.ts';
import type { MysqlSinkSettings } from '../mysql-sink-options.ts';
import type { TablePlans } from '../target/table-plans.ts';
import { deleteAllRows, type TruncatedTable } from './delete-all-rows.ts';
import { duplicateKey } from './duplicate-key.ts';
import type { InsertOperation, RowOperation, UpdateOperation } from './operations.ts';
import { rowsMet } from './rows-met.ts';
import { requireSendable } from './statement-size.ts';
import { keyCondition, plainStatement } from './statements.ts';

/** What both ways of applying changes need. They run inside a transaction that the caller has begun. */
export interface ApplyContext {
  readonly session: ScriptSession;
  /** Bytes that one statement may have: the server takes no larger ones. */
  readonly statementBytes: number;
  readonly plans: TablePlans;
  readonly policies: Pick<MysqlSinkSettings, 'conflict' | 'missingRow'>;
  /** The tables that the stream writes, by their `database.table` at the target. */
  readonly captured: ReadonlySet<string>;
  readonly conflicts: ConflictTally;
}

/** Runs one statement and returns how many rows it met. */
export type Run = (operation: RowOperation, sql: string) => Promise<number>;

/** Each statement by itself, its result awaited. */
export const runEach =
  ({ session, statementBytes }: Pick<ApplyContext, 'session' | 'statementBytes'>, signal: AbortSignal): Run =>
  async (operation, sql) => {
    requireSendable(operation.plan, Buffer.byteLength(sql), statementBytes);
    const doing = `${operation.kind} a row of ${qualifiedName(operation.plan.relation)}`;
    const [outcome] = await session.script([sql], { signal, doing });
    return rowsMet(outcome);
  };

const run = (each: Run, operation: RowOperation): Promise<number> => each(operation, plainStatement(operation));

/** Whether a row with the key of an insert is there. */
const isThere = async (each: Run, operation: InsertOperation): Promise<boolean> => {
  const { plan } = operation;
  if (plan.key === null) return false;
  const key = overwriteInstead(operation).values.slice(0, plan.key.length);
  return (await each(operation, `SELECT 1 FROM ${plan.name} WHERE ${keyCondition(plan, key)}`)) > 0;
};

const insert = async (each: Run, operation: InsertOperation, context: ApplyContext): Promise<void> => {
  try {
    await run(each, operation);
  } catch (error) {
    // The transaction goes on: InnoDB takes back only the statement.
    if (errnoOf(error) !== duplicateKey || !(await isThere(each, operation))) throw error;
    const table = qualifiedName(operation.plan.relation);
    if (!operation.copied) {
      if (context.policies.conflict === 'error') throw insertConflict(table);
      context.conflicts.add('INSERT_CONFLICT', table);
    }
    await run(each, overwriteInstead(operation));
  }
};

const update = async (each: Run, operation: UpdateOperation, change: Change, context: ApplyContext): Promise<void> => {
  if ((await run(each, operation)) > 0) return;
  const { missingRow } = context.policies;
  const { plan } = operation;
  const table = qualifiedName(plan.relation);
  const row = missingRow === 'insert' ? insertInstead(plan, change) : null;
  if (missingRow === 'error' || (missingRow === 'insert' && row === null))
    throw rowMissing(table, missingRow === 'insert');
  context.conflicts.add('UPDATE_MISSED', table);
  if (row !== null) await insert(each, row, context);
};

/** Applies one change of a row. */
export const applyRow = async (each: Run, change: Change, context: ApplyContext): Promise<void> => {
  const operation = rowOperation(context.plans.of(change.relation), change);
  switch (operation.kind) {
    case 'insert':
      return insert(each, operation, context);
    case 'update':
      return update(each, operation, change, context);
    case 'delete':
      if ((await run(each, operation)) === 0)
        context.conflicts.add('DELETE_MISSED', qualifiedName(operation.plan.relation));
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
): Promise<void> => {
  const { session, plans, captured } = context;
  const each = runEach(context, signal);
  let truncated: TruncatedTable[] = [];
  const finishTruncates = async () => {
    if (truncated.length > 0) await deleteAllRows(session, truncated, captured, signal);
    truncated = [];
  };
  for (const change of changes) {
    if (change.op === 'truncate') {
      truncated.push(plans.of(change.relation));
      continue;
    }
    await finishTruncates();
    await applyRow(each, change, context);
  }
  await finishTruncates();
};
