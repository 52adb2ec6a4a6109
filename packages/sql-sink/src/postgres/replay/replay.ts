import {
  type Change,
  type Checkpoint,
  createChange,
  qualifiedName,
  type Relation,
  type ReplayStep,
  type RowImage,
  replayStep,
  type SinkBatch,
  type SinkContext,
} from '@millrace/core';
import { rowOperation } from '../../apply/row-operation.ts';
import { MissingRows } from '../../replay/missing-rows.ts';
import { RaisedPositions } from '../../replay/raised-positions.ts';
import { deleteOf, keyRow, setOf, upsertOf } from '../../replay/replay-operation.ts';
import { applyRow, runEach } from '../apply/apply-sequentially.ts';
import type { BulkContext } from '../apply/bulk-context.ts';
import { deleteAllRows, type TruncatedTable } from '../apply/delete-all-rows.ts';
import { blaming, type Faults } from '../rejected/refused-change.ts';
import { readSecondaryKeys, type SecondaryKey } from '../target/secondary-keys.ts';
import type { TablePlan } from '../target/table-plan.ts';
import { DirectRunner, PipelinedRunner, type ReplayRunner } from './replay-runner.ts';

export type Reselect = NonNullable<SinkContext['reselect']>;

export interface ReplayOptions {
  readonly context: BulkContext;
  /** Called inside the target transaction, which it has to keep alive. */
  readonly reselect: Reselect | null;
  readonly compare: SinkContext['compare'];
}

/** What a change needs to know of its relation. */
interface ReplayedTable {
  readonly name: string;
  readonly plan: TablePlan;
  readonly secondary: readonly SecondaryKey[];
}

/**
 * Applies changes of tables that are catching up over rows that may have seen them, or later ones, already: one change
 * at a time, each as `replayStep` says. Leaves the rows that the source had at the end of a history, from wherever in it
 * the rows were copied, once all of it has been replayed.
 */
export class Replay {
  readonly #options: ReplayOptions;
  readonly #context: BulkContext;
  readonly #raised: RaisedPositions;
  /** By plan. */
  readonly #secondary = new Map<number, readonly SecondaryKey[]>();

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#context = options.context;
    this.#raised = new RaisedPositions(options.compare);
  }

  /** Whether a batch has changes of tables that are catching up. */
  concerns({ catchingUp, relations }: SinkBatch): boolean {
    return catchingUp !== undefined && relations.some((relation) => catchingUp.has(qualifiedName(relation)));
  }

  /** The checkpoint to be saved with what was replayed in this transaction: tables must catch up with what was read. */
  checkpoint(checkpoint: Checkpoint): Checkpoint {
    return this.#raised.in(checkpoint);
  }

  /** The transaction has ended. */
  ended(): void {
    this.#raised.clear();
  }

  /**
   * Applies a batch inside the transaction that was begun; the last message may stay unsent. `oneByOne`: nothing is
   * sent before the result of what came before is known. Otherwise rejects `UnexpectedOutcome` when it has to be done
   * so. Changes of tables that are not catching up are applied one at a time, too. With `faults`, which takes `oneByOne`,
   * rejects `RefusedChange` for a row that the target refuses.
   */
  async apply(batch: SinkBatch, oneByOne: boolean, signal: AbortSignal, faults: Faults | null = null): Promise<void> {
    const { session, plans, captured } = this.#context;
    const runner = oneByOne
      ? new DirectRunner(session, signal, faults?.recover)
      : new PipelinedRunner(this.#context, signal);
    const run = runEach(session, signal, faults?.recover);
    const blamed = faults === null ? (_: Change, apply: () => Promise<void>) => apply() : blaming;
    const tables = new Map<Relation, ReplayedTable | null>();
    const missing = new MissingRows();
    const findMissing = () => this.#reselect(missing, batch, runner, faults, signal);
    let truncated: TruncatedTable[] = [];
    const finishTruncates = async () => {
      if (truncated.length === 0) return;
      await findMissing();
      await runner.flush();
      await deleteAllRows(session, truncated, captured, signal);
      truncated = [];
    };
    for (const change of batch.changes) {
      const { relation } = change;
      if (change.op === 'truncate') {
        truncated.push({ plan: plans.of(relation), transaction: change.transaction });
        continue;
      }
      await finishTruncates();
      if (faults !== null && faults.leftOut.size > 0 && faults.leftOut.has(change.id)) continue;
      let table = tables.get(relation);
      if (table === undefined) {
        const isReplayed = batch.catchingUp?.has(qualifiedName(relation)) === true;
        table = isReplayed ? await this.#table(relation, signal) : null;
        tables.set(relation, table);
      }
      if (table !== null) {
        const replayed = table;
        await blamed(change, () => this.#replay(change, replayStep(change, batch), replayed, missing, runner));
        if (missing.areMany) await findMissing();
      } else {
        await runner.flush();
        await blamed(change, () => applyRow(run, rowOperation(plans.of(relation), change), change, this.#context));
      }
    }
    await finishTruncates();
    await findMissing();
  }

  async #table(relation: Relation, signal: AbortSignal): Promise<ReplayedTable> {
    const name = qualifiedName(relation);
    const plan = this.#context.plans.of(relation);
    const secondary = await this.#secondaryKeys(plan, signal);
    return { name, plan, secondary };
  }

  async #secondaryKeys(plan: TablePlan, signal: AbortSignal): Promise<readonly SecondaryKey[]> {
    const known = this.#secondary.get(plan.id);
    if (known !== undefined) return known;
    const read = await readSecondaryKeys(this.#context.session, plan, signal);
    this.#secondary.set(plan.id, read);
    return read;
  }

  async #replay(
    change: Change,
    step: ReplayStep,
    table: ReplayedTable,
    missing: MissingRows,
    runner: ReplayRunner,
  ): Promise<void> {
    const { name, plan, secondary } = table;
    const { transaction } = change;
    const { before, after } = change.image;
    if (transaction === null) throw new Error('A row of a snapshot is not replayed');
    missing.replayed(transaction);
    if (step.kind === 'delete-all') throw new Error('A truncate is no change of a row');
    if (step.kind === 'delete') return runner.post(deleteOf(plan, step.row, null), secondary);
    if (step.former !== null) await runner.post(deleteOf(plan, step.former, after), secondary);
    if (step.kind === 'upsert') return runner.post(upsertOf(plan, step.row), secondary);
    const isMissing = () => missing.add(name, keyRow(plan, step.row, before));
    if (step.kind === 'reselect') return isMissing();
    await runner.post(setOf(plan, step.row, before), secondary, (rows) => {
      if (rows === 0) isMissing();
    });
  }

  /**
   * Reads the rows again that are missing. They may have changed more than once by now: what is read has seen everything that
   * was replayed, because all of its transactions are visible first.
   */
  async #reselect(
    missing: MissingRows,
    batch: SinkBatch,
    runner: ReplayRunner,
    faults: Faults | null,
    signal: AbortSignal,
  ): Promise<void> {
    const { reselect } = this.#options;
    await runner.answer();
    for (const { table, keys } of missing.take()) {
      if (reselect === null) throw new Error('The source cannot read rows again');
      const { rows, through } = await reselect({ table, keys, transactions: missing.transactions }, signal);
      this.#raised.raise(table, through);
      const { session, plans } = this.#context;
      // The source may have columns already that the log has not brought yet.
      await plans.load(session, [...batch.relations, ...rows.map(({ relation }) => relation)], signal, 'outdated');
      for (const row of rows) {
        const plan = plans.of(row.relation);
        const secondary = await this.#secondaryKeys(plan, signal);
        if (faults === null) await runner.post(upsertOf(plan, row), secondary);
        else {
          const read = readAgain(row);
          if (!faults.leftOut.has(read.id)) await blaming(read, () => runner.post(upsertOf(plan, row), secondary));
        }
      }
    }
  }
}

const readAgain = (after: RowImage): Change => {
  const { relation } = after;
  const table = qualifiedName(relation);
  return createChange({ op: 'read', table, relation, transaction: null, sequence: 0, before: null, after });
};
