import type { Change, Relation } from '@millrace/core';
import { type BulkTarget, type Changes, putTogether } from '../../apply/bulk-application.ts';
import { rowOperation } from '../../apply/row-operation.ts';
import type { TablePlan } from '../target/table-plan.ts';
import { applying, type BulkContext } from './bulk-context.ts';
import { deleteAllRows } from './delete-all-rows.ts';
import { FoldWriter } from './fold-writer.ts';
import { addSingleOperation } from './single-operation.ts';

/**
 * Applies changes as long as every statement meets exactly the rows it expects; the last message may stay unsent.
 * Rejects `UnexpectedOutcome` otherwise: the transaction must be rolled back then, and its changes applied one at a
 * time. Leaves the same rows as that does.
 */
export const applyInBulk = (
  changes: Changes,
  relations: readonly Relation[],
  context: BulkContext,
  signal: AbortSignal,
): Promise<void> => {
  const { plans, message, session, captured } = context;
  const target: BulkTarget<TablePlan> = {
    planOf: (relation) => plans.of(relation),
    tableOf: ({ oid }) => oid,
    interferes: ({ interferes }) => interferes,
    writer: (plan, reader) => new FoldWriter(context, plan, reader, signal),
    async single(plan: TablePlan, change: Change) {
      addSingleOperation(context, rowOperation(plan, change));
      if (message.isFull) await message.send(signal, applying);
    },
    async truncate(truncated) {
      await message.send(signal, applying);
      await deleteAllRows(session, truncated, captured, signal);
    },
  };
  return putTogether(changes, relations, target);
};
