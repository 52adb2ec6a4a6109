import type { Change } from '@millrace/core';
import type { TablePlan } from '../target/table-plan.ts';
import type { ApplyContext } from './apply-sequentially.ts';
import { deleteAllRows } from './delete-all-rows.ts';
import { literal, typedLiteral } from './literal.ts';
import type { Message } from './message.ts';
import { OperationRun } from './operation-run.ts';
import type { PreparedStatements } from './prepared-statements.ts';
import { type RowOperation, rowOperation } from './row-operation.ts';
import { plainStatement } from './statements.ts';

export interface MessageContext extends ApplyContext {
  readonly message: Message;
  readonly prepared: PreparedStatements;
  /** Rows in one statement, at most. */
  readonly maxRows: number;
  /** Characters of rows in one statement, at most, but for a single row. */
  readonly maxCharacters: number;
}

export const applying = 'apply changes to the target';

/** Rows found by their columns: the shape depends on which are NULL, and finding the row costs more than planning. */
const addConstant = (message: Message, operation: RowOperation): void => {
  let next = 0;
  message.addCounted(
    plainStatement(operation, (column) => typedLiteral(operation.values[next++] ?? null, column)),
    1,
  );
};

const addPrepared = ({ message, prepared }: MessageContext, operation: RowOperation, constants: string): void => {
  const name = prepared.nameOf(operation, (sql) => message.add(sql));
  message.addCounted(constants === '' ? `EXECUTE ${name}` : `EXECUTE ${name} (${constants})`, 1);
};

const addSingle = (context: MessageContext, operation: RowOperation): void => {
  if (operation.kind !== 'insert' && operation.match.by === 'row') addConstant(context.message, operation);
  else addPrepared(context, operation, operation.values.map(literal).join(', '));
};

/**
 * Applies changes in log order, many in one message, as long as every statement meets exactly the rows it expects;
 * the last message may stay unsent. Rejects `UnexpectedOutcome` otherwise: the transaction must be rolled back then,
 * and its changes applied one at a time. Leaves the same rows as that does.
 */
export const applyInMessages = async (
  changes: Iterable<Change>,
  context: MessageContext,
  signal: AbortSignal,
): Promise<void> => {
  const { message, plans, session, captured, maxRows, maxCharacters } = context;
  let run: OperationRun | null = null;
  let truncated: TablePlan[] = [];
  const finishRun = () => {
    if (run === null) return;
    const { single } = run;
    if (single === null) run.addTo(message);
    else addPrepared(context, single.operation, single.constants);
    run = null;
  };
  const finishTruncates = async () => {
    if (truncated.length === 0) return;
    finishRun();
    await message.send(signal, applying);
    await deleteAllRows(session, truncated, captured, signal);
    truncated = [];
  };
  const add = (operation: RowOperation) => {
    if (run?.accepts(operation) && operation.kind !== 'update') run.add(operation);
    else {
      finishRun();
      if (OperationRun.canStart(operation)) run = new OperationRun(operation);
      else addSingle(context, operation);
    }
    if (run !== null && (run.length >= maxRows || run.characters >= maxCharacters)) finishRun();
  };
  for (const change of changes) {
    const plan = plans.of(change.relation);
    if (change.op === 'truncate') {
      truncated.push(plan);
      continue;
    }
    if (truncated.length > 0) await finishTruncates();
    add(rowOperation(plan, change));
    if (message.isFull) await message.send(signal, applying);
  }
  await finishTruncates();
  finishRun();
};
