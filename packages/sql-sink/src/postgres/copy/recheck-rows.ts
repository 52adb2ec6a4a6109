import {
  decodedRow,
  type Position,
  qualifiedName,
  type Relation,
  type RowImage,
  type SinkContext,
} from '@millrace/core';
import { quoteIdentifier } from '@millrace/postgres-client';
import { UnexpectedOutcome } from '../../apply/unexpected-outcome.ts';
import { sqlSinkError } from '../../error-table.ts';
import { deleteOf, setOf, upsertOf } from '../../replay/replay-operation.ts';
import type { BulkContext } from '../apply/bulk-context.ts';
import type { RowOperation } from '../apply/operations.ts';
import type { Reselect } from '../replay/replay.ts';
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

const sourceName = ({ source }: TablePlan, index: number): string => quoteIdentifier(source.columns[index]?.name ?? '');

/** The rows of the table with the columns that the source has: a condition is SQL of the source. */
const asAtSource = (plan: TablePlan): string => {
  if (plan.relation === plan.source) return plan.from;
  const columns = plan.columns.map(({ index, quoted }) => `${quoted} AS ${sourceName(plan, index)}`);
  // What is marked as deleted is a row of the source no more.
  const live = plan.deletedAt === null ? '' : ` WHERE ${plan.deletedAt.quoted} IS NULL`;
  return `(SELECT ${columns.join(', ')} FROM ${plan.from}${live}) AS t`;
};

/** The keys of a table as it is now, to be fetched in any number of transactions: rows written later are right already. */
const openKeys = (plan: TablePlan, where: string | null): string => {
  // A cast says the network of an address that has none.
  const printed = (name: string) => `CASE WHEN ${name} IS NOT NULL THEN format('%s', ${name}) END`;
  const columns = (plan.key ?? []).map(({ index }, at) => `${printed(sourceName(plan, index))} AS k${at}`);
  const rows = `SELECT ${columns.join(', ')} FROM ${asAtSource(plan)}${where === null ? '' : ` WHERE (${where}\n)`}`;
  return `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
DECLARE ${cursor} NO SCROLL CURSOR WITH HOLD FOR ${rows}; COMMIT`;
};

type KeyRow = Readonly<Record<string, string | null>>;

const keyImage = ({ key, source }: TablePlan, row: KeyRow): RowImage =>
  decodedRow(
    source,
    Object.fromEntries((key ?? []).map(({ index }, at) => [source.columns[index]?.name, row[`k${at}`]])),
  );

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
  await plans.load(session, [plan.source, ...rows.map(({ relation }) => relation)], signal, 'left-out');
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
