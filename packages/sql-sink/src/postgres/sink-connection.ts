import type { Checkpoint, SinkBatch, SinkContext, Transaction } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import { applyInMessages, applying, type MessageContext } from './apply/apply-in-messages.ts';
import { applySequentially } from './apply/apply-sequentially.ts';
import { ConflictTally } from './apply/conflict-tally.ts';
import { Message, UnexpectedOutcome } from './apply/message.ts';
import { PreparedStatements } from './apply/prepared-statements.ts';
import { type Claim, probeClaim, saveCheckpoint } from './checkpoint/checkpoint-sql.ts';
import { sqlSinkError } from './error-table.ts';
import { IdleKeepAlive } from './idle-keep-alive.ts';
import type { PostgresSinkSettings } from './postgres-sink-options.ts';
import type { SinkLimits } from './sink-limits.ts';
import { TablePlans } from './target/table-plans.ts';

export interface SinkConnectionOptions {
  readonly session: PostgresSession;
  readonly claim: Claim;
  readonly checkpoint: Checkpoint;
  readonly policies: Pick<PostgresSinkSettings, 'conflict' | 'missingRow'>;
  readonly captured: ReadonlySet<string>;
  readonly report: SinkContext['report'];
  readonly limits: SinkLimits;
  /** The transaction that the multi-row path gave up in an earlier connection. */
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

const begin = 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE';
const committing = 'commit to the target';

/**
 * What writes between one `open` and the next. After any rejection the session must be destroyed: what was written is
 * known again only from the checkpoint that the next `open` reads.
 */
export class SinkConnection {
  readonly #options: SinkConnectionOptions;
  readonly #context: MessageContext;
  readonly #keepAlive: IdleKeepAlive;
  #saved: Checkpoint;
  #open: OpenTransaction | null = null;

  constructor(options: SinkConnectionOptions) {
    const { session, policies, captured, limits } = options;
    this.#options = options;
    this.#saved = options.checkpoint;
    this.#context = {
      session,
      policies,
      captured,
      plans: new TablePlans(),
      conflicts: new ConflictTally(),
      message: new Message(session, { statements: limits.messageStatements, characters: limits.messageCharacters }),
      prepared: new PreparedStatements(limits.preparedStatements),
      maxRows: limits.messageStatements,
      maxCharacters: limits.messageCharacters,
    };
    this.#keepAlive = new IdleKeepAlive(limits.keepAliveInterval, () => session.query('SELECT 1'));
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
    await this.#commit(checkpoint, begin, signal);
  }

  /** Gives up the transaction whose parts were written. */
  async rollback(signal: AbortSignal): Promise<void> {
    this.#keepAlive.stop();
    if (this.#open === null) return;
    this.#open = null;
    this.#context.message.clear();
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

  async #writeGroup(batch: SinkBatch, checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    const { message } = this.#context;
    if (this.#options.limits.alwaysSequentially) return this.#writeSequentially(batch, checkpoint, signal);
    try {
      message.add(begin);
      await applyInMessages(batch.changes, this.#context, signal);
      await this.#commit(checkpoint, null, signal);
    } catch (error) {
      if (!(error instanceof UnexpectedOutcome)) throw error;
      await this.#rollback(signal);
      this.#reportFallback(error.reason);
      await this.#writeSequentially(batch, checkpoint, signal);
    }
  }

  async #writeSequentially(batch: SinkBatch, checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    await this.session.script(begin, { signal, doing: applying });
    await applySequentially(batch.changes, this.#context, signal);
    await this.#commit(checkpoint, null, signal);
  }

  async #writePart(batch: SinkBatch, transaction: Transaction, signal: AbortSignal): Promise<void> {
    if (this.#open === null) await this.#beginParts(transaction, signal);
    else if (this.#open.id !== transaction.id) throw new Error('Parts of two transactions were mixed');
    if (this.#open !== null) await this.#applyPart(batch, this.#open, signal);
    this.#keepAlive.start();
  }

  async #writeLastPart(
    batch: SinkBatch,
    checkpoint: Checkpoint,
    open: OpenTransaction,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#applyPart(batch, open, signal);
    await this.#commit(checkpoint, null, signal);
    this.#open = null;
    this.#options.sequential.id = null;
  }

  /** A long transaction holds no lock on the checkpoint; that it may still commit is looked at before it starts. */
  async #beginParts(transaction: Transaction, signal: AbortSignal): Promise<void> {
    const { session, claim, sequential } = this.#options;
    const [, probe] = await session.script(`${begin}; ${probeClaim(claim)}`, { signal, doing: applying });
    if (probe?.rowCount !== 1) throw this.#fenced();
    const failed = sequential.id === transaction.id;
    const sequentially = failed || this.#options.limits.alwaysSequentially;
    if (failed) this.#reportFallback('an earlier attempt at this transaction', transaction.id);
    this.#open = { id: transaction.id, sequentially };
  }

  async #applyPart(batch: SinkBatch, open: OpenTransaction, signal: AbortSignal): Promise<void> {
    if (open.sequentially) return applySequentially(batch.changes, this.#context, signal);
    try {
      await applyInMessages(batch.changes, this.#context, signal);
      await this.#context.message.send(signal, applying);
    } catch (error) {
      if (!(error instanceof UnexpectedOutcome)) throw error;
      this.#options.sequential.id = open.id;
      throw sqlSinkError(
        'SEQUENTIAL_NEEDED',
        `Transaction ${open.id} met something unexpected at the target (${error.reason}): it has to be applied one change at a time`,
        { details: { transaction: open.id, reason: error.reason } },
      );
    }
  }

  /**
   * The checkpoint is moved last, so that no lock on it is held during a long transaction, and only by its owner
   * (invariant 8); rows and checkpoint become durable together (invariant 2).
   */
  async #commit(checkpoint: Checkpoint, first: string | null, signal: AbortSignal): Promise<void> {
    const { message, conflicts } = this.#context;
    if (first !== null) message.add(first);
    message.addChecked(saveCheckpoint(this.#options.claim, checkpoint, this.#saved), (rowCount) => {
      if (rowCount !== 1) throw this.#fenced();
    });
    await message.send(signal, applying);
    const [outcome] = await this.session.script('COMMIT', { signal, doing: committing });
    // The server answers the COMMIT of a failed transaction with ROLLBACK, and calls it a success (invariant 9).
    if (outcome?.command !== 'COMMIT')
      throw sqlSinkError('COMMIT_ROLLED_BACK', `The server answered COMMIT with ${outcome?.command}`);
    this.#saved = checkpoint;
    conflicts.flush(this.#options.report);
  }

  async #rollback(signal: AbortSignal): Promise<void> {
    const { message, prepared, conflicts } = this.#context;
    message.clear();
    conflicts.clear();
    // Which of a failed message's statements were prepared is not known.
    prepared.clear();
    await this.session.script('ROLLBACK; DEALLOCATE ALL', { signal, doing: 'roll back at the target' });
  }

  #reportFallback(reason: string, transaction?: string): void {
    this.#options.report({
      type: 'counter',
      code: 'SEQUENTIAL_FALLBACK',
      message: `Changes are applied one at a time: ${reason}`,
      details: transaction === undefined ? { reason } : { reason, transaction },
    });
  }

  #fenced() {
    const { stream, sink, epoch } = this.#options.claim;
    return sqlSinkError('FENCED', `Another process owns stream "${stream}" now: epoch ${epoch} is over`, {
      details: { stream, sink, epoch },
    });
  }
}
