import {
  type Checkpoint,
  type Position,
  qualifiedName,
  type Relation,
  type SinkBatch,
  type TableEvolution,
} from '@millrace/core';
import type { ScriptSession } from '@millrace/mysql-client';
import { ConflictTally } from '../apply/conflict-tally.ts';
import { nameOf } from '../apply/sequential-transaction.ts';
import { UnexpectedOutcome } from '../apply/unexpected-outcome.ts';
import { sqlSinkError } from '../error-table.ts';
import { IdleKeepAlive } from '../idle-keep-alive.ts';
import { applyInBulk } from './apply/apply-in-bulk.ts';
import { applySequentially } from './apply/apply-sequentially.ts';
import { applying, type BulkContext } from './apply/bulk-context.ts';
import { Message, messageLimits } from './apply/message.ts';
import type { Claim } from './checkpoint/checkpoint-sql.ts';
import { mergeSide } from './checkpoint/merge-side.ts';
import { discardCopy } from './copy/discard-copy.ts';
import { recheckRows } from './copy/recheck-rows.ts';
import { evolveTables } from './evolve/evolve-tables.ts';
import { makeKeys } from './evolve/make-keys.ts';
import { Replay } from './replay/replay.ts';
import type { SinkConnectionOptions } from './sink-connection-options.ts';
import { tablePlans } from './target/table-plans.ts';
import { TargetTransaction } from './target-transaction.ts';
import {
  type AppliedPieces,
  EvolutionPlaces,
  lastSequence,
  type OpenTransaction,
  withoutApplied,
} from './transaction-pieces.ts';

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
  #open: OpenTransaction | null = null;
  readonly #places = new EvolutionPlaces();
  #pieces: AppliedPieces;

  constructor(options: SinkConnectionOptions) {
    const { session, server, claim, checkpoint, report, limits, reselect, compare, policies, captured } = options;
    this.#options = options;
    this.#pieces = checkpoint.partial;
    this.#context = {
      session,
      policies,
      captured,
      ...server,
      plans: tablePlans(options.names, options.missingColumns),
      conflicts: new ConflictTally(),
      message: new Message(session, messageLimits(limits, server.statementBytes)),
    };
    this.#transaction = new TargetTransaction({ claim, checkpoint, context: this.#context, report });
    const keepAlive = new IdleKeepAlive(limits.keepAliveInterval, () => session.script(['DO 0']));
    this.#keepAlive = keepAlive;
    this.#replay = new Replay({
      context: this.#context,
      // The source may make us wait, and the target must not take the open transaction for abandoned.
      reselect: reselect && ((request, signal) => keepAlive.during(() => reselect(request, signal))),
      compare,
    });
  }

  get session(): ScriptSession {
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
  async write(given: SinkBatch, signal: AbortSignal): Promise<void> {
    this.#keepAlive.stop();
    const batch = withoutApplied(given, this.#pieces);
    if (batch.evolutions !== undefined) await this.#evolveBefore(batch.evolutions, signal);
    await this.#plan(batch, signal);
    const { checkpoint } = batch;
    if (batch.position === null) await this.#writePart(batch, batch.transaction.id, signal);
    else if (checkpoint === null) throw new Error('A batch with a position needs a checkpoint');
    else if (this.#open === null) await this.#writeGroup(batch, checkpoint, signal);
    else await this.#writeLastPart(batch, checkpoint, this.#open, signal);
    // That transaction comes before every other one.
    if (batch.position !== null && given.changes.length > 0) this.#pieces = null;
  }

  /** Saves a checkpoint without rows. Rejects `FENCED` if another connection owns it. */
  async save(checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    this.#requireNoParts();
    this.#transaction.begin();
    await this.#commitApplied(checkpoint, signal);
  }

  /** Removes the rows of a table and the progress of its copy, which begins anew. */
  async discardCopy(relation: Relation, signal: AbortSignal): Promise<void> {
    this.#requireNoParts();
    const named = this.#options.names.of(relation);
    await discardCopy(this.#transaction, this.#context, this.claim, { relation, named }, signal);
  }

  /** As `Sink.evolve`. */
  async evolve(evolutions: readonly TableEvolution[], signal: AbortSignal): Promise<void> {
    this.#requireNoParts();
    await this.#evolve(evolutions, `beside ${this.saved.position}`, signal);
    const relations = evolutions.map(({ relation }) => relation);
    await makeKeys(this.session, relations, this.#options.names, signal);
  }

  /** As `Sink.mergeSide`. */
  async mergeSide(checkpoint: Checkpoint, side: Checkpoint, signal: AbortSignal): Promise<void> {
    this.#requireNoParts();
    await mergeSide(this.#transaction, this.session, this.claim, { checkpoint, side }, signal);
  }

  /** As `Sink.recheck`. */
  async recheck(relation: Relation, where: string | null, signal: AbortSignal): Promise<Position | null> {
    const { reselect, compare } = this.#options;
    this.#requireNoParts();
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

  #requireNoParts(): void {
    if (this.#open !== null) throw new Error('A transaction is being written in parts');
  }

  /**
   * A change of a table ends every transaction of the server. What was written of the source's transaction is committed first, with
   * the number of its last change, so that each piece is there exactly once.
   */
  async #evolveBefore(evolutions: readonly TableEvolution[], signal: AbortSignal): Promise<void> {
    const open = this.#open;
    if (open !== null) {
      await this.#context.message.send(signal, applying);
      const pieces = { transaction: open.id, sequence: open.last };
      await this.#commitApplied({ ...this.saved, partial: pieces }, signal);
      this.#pieces = pieces;
      this.#options.report({
        type: 'counter',
        code: 'TRANSACTION_IN_PIECES',
        message: `Transaction ${open.id} changes tables: it was committed in pieces`,
        details: { transaction: open.id },
      });
    }
    await this.#evolve(evolutions, this.#places.next(this.saved.position), signal);
    if (open !== null) await this.#transaction.beginLong(signal);
  }

  /** `place`: tells this change from others of the same tables, also after a restart. */
  async #evolve(evolutions: readonly TableEvolution[], place: string, signal: AbortSignal): Promise<void> {
    await evolveTables(this.session, this.claim, { evolutions, place }, this.#options, signal);
    this.#context.plans.forget();
  }

  /** Of a table that is catching up the log may say a shape that is older than its rows. */
  async #plan({ relations, catchingUp }: SinkBatch, signal: AbortSignal): Promise<void> {
    const { plans } = this.#context;
    const replayed = relations.filter((relation) => catchingUp?.has(qualifiedName(relation)) === true);
    if (replayed.length > 0) await plans.load(this.session, replayed, signal, 'outdated');
    await plans.load(this.session, relations, signal);
  }

  async #writeGroup(batch: SinkBatch, checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    if (this.#options.limits.alwaysSequentially) return this.#writeSequentially(batch, checkpoint, signal);
    try {
      this.#transaction.begin();
      await this.#apply(batch, false, signal);
      await this.#commit(checkpoint, signal);
    } catch (error) {
      if (!(error instanceof UnexpectedOutcome)) throw error;
      await this.#rollback(signal);
      // A trigger may have come: with it planned for, the next group need not be given up too.
      this.#context.plans.forget();
      await this.#plan(batch, signal);
      this.#reportFallback(error.reason);
      await this.#writeSequentially(batch, checkpoint, signal);
    }
  }

  async #writeSequentially(batch: SinkBatch, checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    await this.#transaction.beginLong(signal);
    await this.#apply(batch, true, signal);
    await this.#commitApplied(checkpoint, signal);
  }

  async #apply(batch: SinkBatch, sequentially: boolean, signal: AbortSignal): Promise<void> {
    if (this.#replay.concerns(batch)) return this.#replay.apply(batch, sequentially, signal);
    if (sequentially) return applySequentially(batch.changes, this.#context, signal);
    return applyInBulk(batch.changes, batch.relations, this.#context, signal);
  }

  async #commit(checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    await this.#transaction.commit(this.#replay.checkpoint(checkpoint), signal);
    this.#replay.ended();
  }

  async #commitApplied(checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    await this.#transaction.commitApplied(this.#replay.checkpoint(checkpoint), signal);
    this.#replay.ended();
  }

  async #rollback(signal: AbortSignal): Promise<void> {
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
    this.#open = null;
    this.#options.sequential.id = null;
  }

  async #beginParts(id: string, signal: AbortSignal): Promise<OpenTransaction> {
    await this.#transaction.beginLong(signal);
    const failed = this.#options.sequential.id === nameOf(id);
    if (failed) this.#reportFallback('an earlier attempt at this transaction', { transaction: id });
    const last = this.#pieces?.transaction === id ? this.#pieces.sequence : -1;
    return { id, sequentially: failed || this.#options.limits.alwaysSequentially, last };
  }

  async #applyPart(batch: SinkBatch, open: OpenTransaction, signal: AbortSignal): Promise<void> {
    try {
      await this.#apply(batch, open.sequentially, signal);
      await this.#context.message.send(signal, applying);
    } catch (error) {
      throw error instanceof UnexpectedOutcome ? this.#givenUp(open, error.reason) : error;
    }
    open.last = lastSequence(batch) ?? open.last;
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
