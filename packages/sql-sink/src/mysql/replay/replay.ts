import {
  type Change,
  type Checkpoint,
  qualifiedName,
  replayStep,
  type SinkBatch,
  type SinkContext,
} from '@millrace/core';
import { MissingRows } from '../../replay/missing-rows.ts';
import { RaisedPositions } from '../../replay/raised-positions.ts';
import { deleteOf, keyRow, setOf, upsertOf } from '../../replay/replay-operation.ts';
import { applyRow, runEach } from '../apply/apply-sequentially.ts';
import type { BulkContext } from '../apply/bulk-context.ts';
import { deleteAllRows, type TruncatedTable } from '../apply/delete-all-rows.ts';
import { DirectRunner, PipelinedRunner, type ReplayRunner } from './replay-runner.ts';

export type Reselect = NonNullable<SinkContext['reselect']>;

export interface ReplayOptions {
  readonly context: BulkContext;
  /** Called inside the target transaction, which it has to keep alive. */
  readonly reselect: Reselect | null;
  readonly compare: SinkContext['compare'];
}

/**
 * Applies changes of tables that are catching up over rows that may have seen them, or later ones, already: one change
 * at a time, each as `replayStep` says. Leaves the rows that the source had at the end of a history, from wherever in it
 * the rows were copied, once all of it has been replayed.
 */
export class Replay {
  readonly #context: BulkContext;
  readonly #reselect: Reselect | null;
  readonly #raised: RaisedPositions;

  constructor({ context, reselect, compare }: ReplayOptions) {
    this.#context = context;
    this.#reselect = reselect;
    this.#raised = new RaisedPositions(compare);
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
   * so. Changes of tables that are not catching up are applied one at a time, too.
   */
  async apply(batch: SinkBatch, oneByOne: boolean, signal: AbortSignal): Promise<void> {
    const { session, plans, captured } = this.#context;
    const runner = oneByOne ? new DirectRunner(this.#context, signal) : new PipelinedRunner(this.#context, signal);
    const each = runEach(this.#context, signal);
    const missing = new MissingRows();
    const findMissing = () => this.#find(missing, batch, runner, signal);
    let truncated: TruncatedTable[] = [];
    const finishTruncates = async () => {
      if (truncated.length === 0) return;
      await findMissing();
      await deleteAllRows(session, truncated, captured, signal);
      truncated = [];
    };
    for (const change of batch.changes) {
      if (change.op === 'truncate') {
        truncated.push(plans.of(change.relation));
        continue;
      }
      await finishTruncates();
      if (batch.catchingUp?.has(qualifiedName(change.relation)) === true) {
        await this.#replay(change, batch, missing, runner);
        if (missing.areMany) await findMissing();
      } else {
        await runner.flush();
        await applyRow(each, change, this.#context);
      }
    }
    await finishTruncates();
    await findMissing();
  }

  async #replay(change: Change, batch: SinkBatch, missing: MissingRows, runner: ReplayRunner): Promise<void> {
    const { transaction, relation } = change;
    if (transaction === null) throw new Error('A row of a snapshot is not replayed');
    const plan = this.#context.plans.of(relation);
    const { before, after } = change.image;
    missing.replayed(transaction);
    const step = replayStep(change, batch);
    if (step.kind === 'delete-all') throw new Error('A truncate is no change of a row');
    if (step.kind === 'delete') return runner.post(deleteOf(plan, step.row, null));
    if (step.former !== null) await runner.post(deleteOf(plan, step.former, after));
    if (step.kind === 'upsert') return runner.post(upsertOf(plan, step.row));
    const isMissing = () => missing.add(qualifiedName(relation), keyRow(plan, step.row, before));
    if (step.kind === 'reselect') return isMissing();
    await runner.post(setOf(plan, step.row, before), (rows) => {
      if (rows === 0) isMissing();
    });
  }

  /**
   * Reads the rows again that are missing. They may have changed more than once by now: what is read has seen everything that
   * was replayed, because all of its transactions are visible first.
   */
  async #find(missing: MissingRows, batch: SinkBatch, runner: ReplayRunner, signal: AbortSignal): Promise<void> {
    await runner.flush();
    for (const { table, keys } of missing.take()) {
      if (this.#reselect === null) throw new Error('The source cannot read rows again');
      const { rows, through } = await this.#reselect({ table, keys, transactions: missing.transactions }, signal);
      this.#raised.raise(table, through);
      const { session, plans } = this.#context;
      // The source may have columns already that the log has not brought yet.
      await plans.load(session, [...batch.relations, ...rows.map(({ relation }) => relation)], signal, 'outdated');
      for (const row of rows) await runner.post(upsertOf(plans.of(row.relation), row));
    }
    await runner.flush();
  }
}
