import {
  decodedRow,
  type Position,
  qualifiedName,
  type Relation,
  type RowImage,
  type SinkContext,
} from '@millrace/core';
import { quoteIdentifier } from '@millrace/mysql-client';
import { UnexpectedOutcome } from '../../apply/unexpected-outcome.ts';
import { sqlSinkError } from '../../error-table.ts';
import { deleteOf, upsertOf } from '../../replay/replay-operation.ts';
import type { BulkContext } from '../apply/bulk-context.ts';
import type { Reselect } from '../replay/replay.ts';
import { DirectRunner, PipelinedRunner, type ReplayRunner } from '../replay/replay-runner.ts';
import type { TablePlan } from '../target/table-plan.ts';
import type { TargetTransaction } from '../target-transaction.ts';
import { printedValue } from '../values/compared-value.ts';

export interface RecheckedTarget {
  readonly transaction: TargetTransaction;
  readonly context: BulkContext;
  readonly reselect: Reselect;
  readonly compare: SinkContext['compare'];
}

/** How many rows are asked for at once, and replaced in one transaction. */
const rowsAtOnce = 1_000;

const keys = 'millrace_recheck';

type KeyRow = Readonly<Record<string, string | null>>;

const sourceName = ({ source }: TablePlan, index: number): string => quoteIdentifier(source.columns[index]?.name ?? '');

/**
 * Writes down the keys of the rows as they are now, in a table of this session: rows written later are right already. A
 * condition is SQL of the source, so that columns have their names there.
 */
const writeKeys = (plan: TablePlan, where: string | null): readonly string[] => {
  const columns = plan.columns.map(({ index, quoted }) => `${quoted} AS ${sourceName(plan, index)}`);
  const chosen = (plan.key ?? []).map(
    ({ index, type }, at) =>
      `${printedValue(sourceName(plan, index), type, plan.source.columns[index]?.type ?? 'other')} AS k${at}`,
  );
  return [
    `DROP TEMPORARY TABLE IF EXISTS ${temporary(plan)}`,
    `CREATE TEMPORARY TABLE ${temporary(plan)} (n bigint NOT NULL AUTO_INCREMENT PRIMARY KEY) ENGINE = InnoDB SELECT ${chosen.join(', ')} FROM (SELECT ${columns.join(', ')} FROM ${plan.name}) AS t${where === null ? '' : ` WHERE (${where}\n)`}`,
  ];
};

const temporary = ({ relation }: TablePlan): string => `${quoteIdentifier(relation.schema)}.${keys}`;

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
  const doing = 'compare rows of the target with the source';
  const table = qualifiedName(relation);
  await plans.load(session, [relation], signal);
  const plan = plans.of(relation);
  if (plan.key === null)
    throw sqlSinkError('TARGET_KEY_MISSING', `Rows of ${table} cannot be told apart: they cannot be compared`, {
      details: { table },
    });
  await session.script(writeKeys(plan, where), { signal, doing });
  let latest: Position | null = null;
  for (let last = '0'; ; ) {
    const found = await session.query<KeyRow>(
      `SELECT * FROM ${temporary(plan)} WHERE n > ${last} ORDER BY n LIMIT ${rowsAtOnce}`,
      [],
      { signal, doing },
    );
    if (found.length === 0) break;
    last = found.at(-1)?.n ?? last;
    const asked = found.map((row) => keyImage(plan, row));
    const { rows, through } = await reselect({ table, keys: asked, transactions: [] }, signal);
    if (latest === null || compare(latest, through) < 0) latest = through;
    await replaceRows(target, plan, { asked, rows }, signal);
  }
  await session.script([`DROP TEMPORARY TABLE ${temporary(plan)}`], { signal, doing });
  return latest;
};

const replaceRows = async (
  { transaction, context }: RecheckedTarget,
  plan: TablePlan,
  { asked, rows }: { readonly asked: readonly RowImage[]; readonly rows: readonly RowImage[] },
  signal: AbortSignal,
): Promise<void> => {
  const { session, plans } = context;
  // The source may have columns by now that the log has not brought yet.
  await plans.load(session, [plan.source, ...rows.map(({ relation }) => relation)], signal, 'left-out');
  const found = new Set(rows.map((row) => keyText(plan, row)));
  const gone = asked.filter((key) => !found.has(keyText(plan, key)));
  const replace = async (runner: ReplayRunner) => {
    for (const key of gone) await runner.post(deleteOf(plan, key, null));
    for (const row of rows) await runner.post(upsertOf(plans.of(row.relation), row));
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
    await replace(new DirectRunner(context, signal));
    await transaction.commitApplied(transaction.saved, signal);
  }
};
