import {
  type Checkpoint,
  type Position,
  qualifiedName,
  type Relation,
  type SinkBatch,
  type TableEvolution,
} from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { nameOf } from '../apply/sequential-transaction.ts';
import { UnexpectedOutcome } from '../apply/unexpected-outcome.ts';
import { sqlSinkError } from '../error-table.ts';
import { IdleKeepAlive } from '../idle-keep-alive.ts';
import { applying, type BulkContext } from './apply/bulk-context.ts';
import { applyBatch } from './apply-batch.ts';
import type { Claim } from './checkpoint/checkpoint-sql.ts';
import { mergeSide } from './checkpoint/merge-side.ts';
import { connectionContext } from './connection-context.ts';
import { discardCopy } from './copy/discard-copy.ts';
import { recheckRows } from './copy/recheck-rows.ts';
import { evolveTables } from './evolve/evolve-tables.ts';
import { makeKeys } from './evolve/make-keys.ts';
import { OneByOne } from './rejected/one-by-one.ts';
import { isRowFault } from './rejected/rejected-row.ts';
import { Replay } from './replay/replay.ts';
import type { SinkConnectionOptions } from './sink-connection-options.ts';
import { TargetTransaction } from './target-transaction.ts';

/** A target transaction that holds the parts of one source transaction so far. */
interface OpenTransaction {
  readonly id: string;
  readonly sequentially: boolean;
}

/**
 * What writes between one `open` and the next. After any rejection the session must be destroyed: what was written is
 * known again only from the checkpoint that the next `open` reads.
 */
export class SinkConnection {
  readonly #options: SinkConnectionOptions;
  readonly #context: BulkContext;
  readonly #transaction: TargetTransaction;
  readonly #keepAlive: IdleKeepAlive;
  readonly #replay: Replay;
  readonly #oneByOne: OneByOne;
  #open: OpenTransaction | null = null;

  constructor(options: SinkConnectionOptions) {
    const { session, claim, checkpoint, report, limits, reselect, compare } = options;
    this.#options = options;
    this.#context = connectionContext(options);
    this.#transaction = new TargetTransaction({ claim, checkpoint, context: this.#context, report });
    const keepAlive = new IdleKeepAlive(limits.keepAliveInterval, () => session.query('SELECT 1'));
    this.#keepAlive = keepAlive;
    this.#replay = new Replay({
      context: this.#context,
      // The source may make us wait, and the target must not take the open transaction for abandoned.
      reselect: reselect && ((request, signal) => keepAlive.during(() => reselect(request, signal))),
      compare,
    });
    this.#oneByOne = new OneByOne({
      context: this.#context,
      replay: this.#replay,
      claim,
      rows: options.rejected,
      faults: options.sequential.faults,
    });
  }

  get session(): PostgresSession {
    return this.#options.session;
  }

  get claim(): Claim {
    return this.#options.claim;
  }

  /** The checkpoint as it is at the target. */
  get saved(): Checkpoint {
    return this.#transaction.saved;
  }

  /** As `Sink.write`. */
  async write(batch: SinkBatch, signal: AbortSignal): Promise<void> {
    this.#keepAlive.stop();
    const { checkpoint, evolutions } = batch;
    if (evolutions !== undefined) return this.#writeEvolved(batch, evolutions, signal);
    await this.#plan(batch, signal);
    if (batch.position === null) await this.#writePart(batch, batch.transaction.id, signal);
    else if (checkpoint === null) throw new Error('A batch with a position needs a checkpoint');
    else if (this.#open === null) await this.#writeGroup(batch, checkpoint, signal);
    else await this.#writeLastPart(batch, checkpoint, this.#open, signal);
  }

  /** Of a table that is catching up the log may say a shape that is older than its rows. */
  async #plan({ relations, catchingUp }: SinkBatch, signal: AbortSignal): Promise<void> {
    const { plans } = this.#context;
    const replayed = relations.filter((relation) => catchingUp?.has(qualifiedName(relation)) === true);
    if (replayed.length > 0) await plans.load(this.session, replayed, signal, 'outdated');
    await plans.load(this.session, relations, signal);
  }

  /** Saves a checkpoint without rows. Rejects `FENCED` if another connection owns it. */
  async save(checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    if (this.#open !== null) throw new Error('A checkpoint cannot be saved inside a transaction');
    this.#transaction.begin();
    await this.#transaction.commitApplied(checkpoint, signal);
  }

  /** Removes the rows of a table and the progress of its copy, which begins anew. */
  async discardCopy(relation: Relation, signal: AbortSignal): Promise<void> {
    if (this.#open !== null) throw new Error('A copy cannot be given up inside a transaction');
    const { claim, names } = this.#options;
    await discardCopy(this.#transaction, this.#context, claim, { relation, named: names.of(relation) }, signal);
  }

  /** As `Sink.evolve`. `written`: the tables in the form in which their rows are written. */
  async evolve(
    evolutions: readonly TableEvolution[],
    written: readonly Relation[],
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#open !== null) throw new Error('Tables cannot be changed inside a transaction');
    await this.#transaction.beginLong(signal);
    await this.#evolveTables(evolutions, signal);
    await makeKeys(this.session, written, this.#options.names, signal);
    await this.#transaction.commitApplied(this.#transaction.saved, signal);
  }

  /** As `Sink.mergeSide`. */
  async mergeSide(checkpoint: Checkpoint, side: Checkpoint, signal: AbortSignal): Promise<void> {
    if (this.#open !== null) throw new Error('A side cannot be merged inside a transaction');
    await mergeSide(this.#transaction, this.session, this.#options.claim, { checkpoint, side }, signal);
  }

  /** As `Sink.recheck`. */
  async recheck(relation: Relation, where: string | null, signal: AbortSignal): Promise<Position | null> {
    const { reselect, compare } = this.#options;
    if (this.#open !== null) throw new Error('Rows cannot be compared inside a transaction');
    if (reselect === null) throw new Error('The source cannot read rows again');
    const target = { transaction: this.#transaction, context: this.#context, reselect, compare };
    return recheckRows(target, relation, where, signal);
  }

  /** Gives up the transaction whose parts were written. */
  async rollback(signal: AbortSignal): Promise<void> {
    this.#keepAlive.stop();
    if (this.#open === null) return;
    this.#open = null;
    await this.#rollback(signal);
  }

  /** Ends the connection; the server gives up what was open. */
  async close(): Promise<void> {
    this.#keepAlive.stop();
    await this.session.close();
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#keepAlive.stop();
    this.session.destroy();
  }

  /** Tables change in the same transaction, before the rows behind it, which are applied one at a time. */
  async #writeEvolved(batch: SinkBatch, evolutions: readonly TableEvolution[], signal: AbortSignal): Promise<void> {
    if (this.#open !== null) await this.#context.message.send(signal, applying);
    else if (batch.position === null) this.#open = await this.#beginParts(batch.transaction.id, signal);
    else await this.#transaction.beginLong(signal);
    await this.#evolveTables(evolutions, signal);
    await this.#plan(batch, signal);
    if (this.#open === null) await this.#oneByOne.apply(batch, signal);
    else await this.#applyOneByOne(batch, this.#open, signal);
    if (batch.checkpoint === null) return this.#keepAlive.start();
    await this.#commitApplied(batch.checkpoint, signal);
    this.#endParts();
  }

  async #evolveTables(evolutions: readonly TableEvolution[], signal: AbortSignal): Promise<void> {
    await evolveTables(this.session, evolutions, this.#options, signal);
    await this.#transaction.forgetTables(signal);
    this.#context.plans.forget();
  }

  async #writeGroup(batch: SinkBatch, checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    if (this.#options.limits.alwaysSequentially) return this.#writeSequentially(batch, checkpoint, signal);
    try {
      this.#transaction.begin();
      await applyBatch(batch, false, this.#context, this.#replay, signal);
      await this.#transaction.commit(this.#replay.checkpoint(checkpoint), signal);
      this.#replay.ended();
    } catch (error) {
      const reason = this.#reasonOf(error);
      if (reason === null) throw error;
      await this.#rollback(signal);
      // A trigger may have come: with it planned for, the next group need not be given up too.
      this.#context.plans.forget();
      await this.#plan(batch, signal);
      await this.#writeSequentially(batch, checkpoint, signal, reason);
    }
  }

  /** `reason`: why the bulk path was given up. */
  async #writeSequentially(
    batch: SinkBatch,
    checkpoint: Checkpoint,
    signal: AbortSignal,
    reason: string | null = null,
  ): Promise<void> {
    await this.#transaction.beginLong(signal);
    if (reason !== null) this.#reportFallback(reason);
    await this.#oneByOne.apply(batch, signal);
    await this.#commitApplied(checkpoint, signal);
  }

  async #commitApplied(checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    await this.#oneByOne.save(signal);
    await this.#transaction.commitApplied(this.#replay.checkpoint(checkpoint), signal);
    this.#oneByOne.committed(this.#options.report);
    this.#replay.ended();
  }

  async #rollback(signal: AbortSignal): Promise<void> {
    this.#oneByOne.ended();
    this.#replay.ended();
    await this.#transaction.rollback(signal);
  }

  async #writePart(batch: SinkBatch, id: string, signal: AbortSignal): Promise<void> {
    if (this.#open !== null && this.#open.id !== id) throw new Error('Parts of two transactions were mixed');
    this.#open ??= await this.#beginParts(id, signal);
    await this.#applyPart(batch, this.#open, signal);
    this.#keepAlive.start();
  }

  async #writeLastPart(
    batch: SinkBatch,
    checkpoint: Checkpoint,
    open: OpenTransaction,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#applyPart(batch, open, signal);
    await this.#commitApplied(checkpoint, signal);
    this.#endParts();
  }

  #endParts(): void {
    this.#open = null;
    this.#options.sequential.id = null;
    this.#options.sequential.faults.clear();
  }

  async #beginParts(id: string, signal: AbortSignal): Promise<OpenTransaction> {
    await this.#transaction.beginLong(signal);
    const failed = this.#options.sequential.id === nameOf(id);
    if (failed) this.#reportFallback('an earlier attempt at this transaction', { transaction: id });
    return { id, sequentially: failed || this.#options.limits.alwaysSequentially };
  }

  async #applyPart(batch: SinkBatch, open: OpenTransaction, signal: AbortSignal): Promise<void> {
    if (open.sequentially) return this.#applyOneByOne(batch, open, signal);
    try {
      await applyBatch(batch, false, this.#context, this.#replay, signal);
      await this.#context.message.send(signal, applying);
    } catch (error) {
      const reason = this.#reasonOf(error);
      throw reason === null ? error : this.#givenUp(open, reason);
    }
  }

  /** Why changes have to be applied one at a time; `null`: that would not help. */
  #reasonOf(error: unknown): string | null {
    if (error instanceof UnexpectedOutcome) return error.reason;
    return this.#options.rejected.areLeftOut && isRowFault(error) ? 'a value that is refused' : null;
  }

  async #applyOneByOne(batch: SinkBatch, open: OpenTransaction, signal: AbortSignal): Promise<void> {
    if (await this.#oneByOne.applyPart(batch, signal)) throw this.#givenUp(open, 'it refuses a row');
  }

  /** The parts before are in the failed transaction too, and are not there any more to be applied again. */
  #givenUp({ id }: OpenTransaction, reason: string) {
    this.#options.sequential.id = nameOf(id);
    return sqlSinkError(
      'SEQUENTIAL_NEEDED',
      `Transaction ${id} met something unexpected at the target (${reason}): it has to be applied one change at a time`,
      { details: { transaction: id, reason } },
    );
  }

  #reportFallback(reason: string, details: Readonly<Record<string, string>> = {}): void {
    this.#options.report({
      type: 'counter',
      code: 'SEQUENTIAL_FALLBACK',
      message: `Changes are applied one at a time: ${reason}`,
      details: { ...details, reason },
    });
  }
}
