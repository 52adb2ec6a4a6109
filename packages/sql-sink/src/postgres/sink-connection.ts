import type { Checkpoint, SinkBatch, SinkContext, Transaction } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { applyInBulk } from './apply/apply-in-bulk.ts';
import { applySequentially } from './apply/apply-sequentially.ts';
import { applying, type BulkContext } from './apply/bulk-context.ts';
import { ConflictTally } from './apply/conflict-tally.ts';
import { Message, UnexpectedOutcome } from './apply/message.ts';
import { PreparedStatements } from './apply/prepared-statements.ts';
import { StagingTables } from './apply/staging-tables.ts';
import type { Claim } from './checkpoint/checkpoint-sql.ts';
import { sqlSinkError } from './error-table.ts';
import { IdleKeepAlive } from './idle-keep-alive.ts';
import type { PostgresSinkSettings } from './postgres-sink-options.ts';
import type { SinkLimits } from './sink-limits.ts';
import { TablePlans } from './target/table-plans.ts';
import { TargetTransaction } from './target-transaction.ts';

export interface SinkConnectionOptions {
  readonly session: PostgresSession;
  readonly claim: Claim;
  readonly checkpoint: Checkpoint;
  readonly policies: Pick<PostgresSinkSettings, 'conflict' | 'missingRow'>;
  readonly captured: ReadonlySet<string>;
  /** Whether the role may make temporary tables. */
  readonly mayStage: boolean;
  readonly report: SinkContext['report'];
  readonly limits: SinkLimits;
  /** The transaction that the bulk path gave up in an earlier connection. */
  readonly sequential: SequentialTransaction;
}

/** Remembers, over connections, which transaction has to be applied one change at a time. */
export interface SequentialTransaction {
  id: string | null;
}

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
  #open: OpenTransaction | null = null;

  constructor(options: SinkConnectionOptions) {
    const { session, claim, checkpoint, policies, captured, mayStage, report, limits } = options;
    const { messageStatements, messageCharacters, messageBytes, keepAliveInterval } = limits;
    this.#options = options;
    this.#context = {
      session,
      policies,
      captured,
      plans: new TablePlans(),
      conflicts: new ConflictTally(),
      message: new Message(session, {
        statements: messageStatements,
        characters: messageCharacters,
        bytes: messageBytes,
      }),
      prepared: new PreparedStatements(limits.preparedStatements),
      staging: mayStage ? new StagingTables(limits.stagingTables) : null,
      stagedRows: limits.stagedRows,
      sharedRows: limits.sharedRows,
    };
    this.#transaction = new TargetTransaction({ claim, checkpoint, context: this.#context, report });
    this.#keepAlive = new IdleKeepAlive(keepAliveInterval, () => session.query('SELECT 1'));
  }

  get session(): PostgresSession {
    return this.#options.session;
  }

  /** As `Sink.write`. */
  async write(batch: SinkBatch, signal: AbortSignal): Promise<void> {
    this.#keepAlive.stop();
    await this.#context.plans.load(this.session, batch.relations, signal);
    const { checkpoint } = batch;
    if (batch.position === null) await this.#writePart(batch, batch.transaction, signal);
    else if (checkpoint === null) throw new Error('A batch with a position needs a checkpoint');
    else if (this.#open === null) await this.#writeGroup(batch, checkpoint, signal);
    else await this.#writeLastPart(batch, checkpoint, this.#open, signal);
  }

  /** Saves a checkpoint without rows. Rejects `FENCED` if another connection owns it. */
  async save(checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    if (this.#open !== null) throw new Error('A checkpoint cannot be saved inside a transaction');
    this.#transaction.begin();
    await this.#transaction.commitApplied(checkpoint, signal);
  }

  /** Gives up the transaction whose parts were written. */
  async rollback(signal: AbortSignal): Promise<void> {
    this.#keepAlive.stop();
    if (this.#open === null) return;
    this.#open = null;
    await this.#transaction.rollback(signal);
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

  async #writeGroup(batch: SinkBatch, checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    if (this.#options.limits.alwaysSequentially) return this.#writeSequentially(batch, checkpoint, signal);
    try {
      this.#transaction.begin();
      await applyInBulk(batch.changes, batch.relations, this.#context, signal);
      await this.#transaction.commit(checkpoint, signal);
    } catch (error) {
      if (!(error instanceof UnexpectedOutcome)) throw error;
      await this.#transaction.rollback(signal);
      await this.#writeSequentially(batch, checkpoint, signal, error.reason);
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
    await applySequentially(batch.changes, this.#context, signal);
    await this.#transaction.commitApplied(checkpoint, signal);
  }

  async #writePart(batch: SinkBatch, { id }: Transaction, signal: AbortSignal): Promise<void> {
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
    await this.#transaction.commitApplied(checkpoint, signal);
    this.#open = null;
    this.#options.sequential.id = null;
  }

  async #beginParts(id: string, signal: AbortSignal): Promise<OpenTransaction> {
    await this.#transaction.beginLong(signal);
    const failed = this.#options.sequential.id === id;
    if (failed) this.#reportFallback('an earlier attempt at this transaction', { transaction: id });
    return { id, sequentially: failed || this.#options.limits.alwaysSequentially };
  }

  async #applyPart(batch: SinkBatch, open: OpenTransaction, signal: AbortSignal): Promise<void> {
    if (open.sequentially) return applySequentially(batch.changes, this.#context, signal);
    try {
      await applyInBulk(batch.changes, batch.relations, this.#context, signal);
      await this.#context.message.send(signal, applying);
    } catch (error) {
      if (!(error instanceof UnexpectedOutcome)) throw error;
      // The parts before are in the failed transaction too, and are not there any more to be applied again.
      this.#options.sequential.id = open.id;
      throw sqlSinkError(
        'SEQUENTIAL_NEEDED',
        `Transaction ${open.id} met something unexpected at the target (${error.reason}): it has to be applied one change at a time`,
        { details: { transaction: open.id, reason: error.reason } },
      );
    }
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
