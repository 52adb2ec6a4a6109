import {
  decodedRow,
  type Position,
  qualifiedName,
  type Relation,
  type RowImage,
  type SinkContext,
} from '@millrace/core';
import type { BulkContext } from '../apply/bulk-context.ts';
import { UnexpectedOutcome } from '../apply/message.ts';
import type { RowOperation } from '../apply/row-operation.ts';
import { sqlSinkError } from '../error-table.ts';
import type { Reselect } from '../replay/replay.ts';
import { deleteOf, setOf, upsertOf } from '../replay/replay-operation.ts';
import { DirectRunner, PipelinedRunner, type ReplayRunner } from '../replay/replay-runner.ts';
import { readSecondaryKeys } from '../target/secondary-keys.ts';
import type { TablePlan } from '../target/table-plan.ts';
import type { TargetTransaction } from '../target-transaction.ts';
import { deletedRow } from '../write/written-row.ts';

export interface RecheckedTarget {
  readonly transaction: TargetTransaction;
  readonly context: BulkContext;
  readonly reselect: Reselect;
  readonly compare: SinkContext['compare'];
}

/** How many rows are asked for at once, and replaced in one transaction. */
const rowsAtOnce = 1_000;

const cursor = 'millrace_recheck';
const doing = 'compare rows of the target with the source';

/** The keys of a table as it is now, to be fetched in any number of transactions: rows written later are right already. */
const openKeys = ({ key, from, deletedAt }: TablePlan, where: string | null): string => {
  const columns = (key ?? []).map(({ quoted }, at) => `CAST(${quoted} AS text) AS k${at}`).join(', ');
  // What is marked as deleted is a row of the source no more.
  const conditions = [
    ...(deletedAt === null ? [] : [`${deletedAt.quoted} IS NULL`]),
    ...(where === null ? [] : [`(${where}\n)`]),
  ];
  const rows = `SELECT ${columns} FROM ${from}${conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`}`;
  return `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
DECLARE ${cursor} NO SCROLL CURSOR WITH HOLD FOR ${rows}; COMMIT`;
};

type KeyRow = Readonly<Record<string, string | null>>;

const keyImage = ({ key, relation }: TablePlan, row: KeyRow): RowImage =>
  decodedRow(relation, Object.fromEntries((key ?? []).map(({ name }, at) => [name, row[`k${at}`]])));

const keyText = ({ key }: TablePlan, row: RowImage): string =>
  JSON.stringify((key ?? []).map(({ index }) => row.text(index)));

/**
 * Compares rows of a table with the source, some at a time, by reading them there again: what the source does not have is
 * removed, the rest replaced. A key that the source writes in another way is removed and comes back.
 */
export const recheckRows = async (
  target: RecheckedTarget,
  relation: Relation,
  where: string | null,
  signal: AbortSignal,
): Promise<Position | null> => {
  const { context, reselect, compare } = target;
  const { session, plans } = context;
  const table = qualifiedName(relation);
  await plans.load(session, [relation], signal);
  const plan = plans.of(relation);
  if (plan.key === null)
    throw sqlSinkError('TARGET_KEY_MISSING', `Rows of ${table} cannot be told apart: they cannot be compared`, {
      details: { table },
    });
  await session.script(openKeys(plan, where), { signal, doing });
  let latest: Position | null = null;
  for (;;) {
    const fetched = await session.query<KeyRow>(`FETCH ${rowsAtOnce} FROM ${cursor}`, [], { signal, doing });
    if (fetched.rows.length === 0) break;
    const keys = fetched.rows.map((row) => keyImage(plan, row));
    const { rows, through } = await reselect({ table, keys, transactions: [] }, signal);
    if (latest === null || compare(latest, through) < 0) latest = through;
    await replaceRows(target, plan, { keys, rows }, signal);
  }
  await session.query(`CLOSE ${cursor}`, [], { signal, doing });
  return latest;
};

const removalOf = (plan: TablePlan, key: RowImage): RowOperation =>
  plan.deletedAt === null ? deleteOf(plan, key, null) : setOf(plan, deletedRow(key, plan.relation, Date.now()), null);

const replaceRows = async (
  { transaction, context }: RecheckedTarget,
  plan: TablePlan,
  { keys, rows }: { readonly keys: readonly RowImage[]; readonly rows: readonly RowImage[] },
  signal: AbortSignal,
): Promise<void> => {
  const { session, plans } = context;
  // The source may have columns by now that the log has not brought yet.
  await plans.load(session, [plan.relation, ...rows.map(({ relation }) => relation)], signal, 'left-out');
  const secondary = await readSecondaryKeys(session, plan, signal);
  const found = new Set(rows.map((row) => keyText(plan, row)));
  const gone = keys.filter((key) => !found.has(keyText(plan, key)));
  const replace = async (runner: ReplayRunner) => {
    for (const key of gone) await runner.post(removalOf(plan, key), secondary);
    for (const row of rows) await runner.post(upsertOf(plans.of(row.relation), row), secondary);
    await runner.flush();
  };
  try {
    transaction.begin();
    await replace(new PipelinedRunner(context, signal));
    await transaction.commit(transaction.saved, signal);
  } catch (error) {
    if (!(error instanceof UnexpectedOutcome)) throw error;
    await transaction.rollback(signal);
    await transaction.beginLong(signal);
    await replace(new DirectRunner(session, signal));
    await transaction.commitApplied(transaction.saved, signal);
  }
};
