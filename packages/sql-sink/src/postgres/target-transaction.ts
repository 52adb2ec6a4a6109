import type { Checkpoint, ConnectorEvent } from '@millrace/core';
import type { PostgresSession } from '@millrace/postgres-client';
import type { MessageContext } from './apply/apply-in-messages.ts';
import { applying } from './apply/apply-in-messages.ts';
import { type Claim, probeClaim, saveCheckpoint } from './checkpoint/checkpoint-sql.ts';
import { sqlSinkError } from './error-table.ts';

const begin = 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE';

export interface TargetTransactionOptions {
  readonly claim: Claim;
  /** What the row holds now. */
  readonly checkpoint: Checkpoint;
  readonly context: MessageContext;
  readonly report: (event: ConnectorEvent) => void;
}

/** The transactions of one connection, one after the other: how they begin, and how they may end. */
export class TargetTransaction {
  readonly #claim: Claim;
  readonly #context: MessageContext;
  readonly #report: (event: ConnectorEvent) => void;
  #saved: Checkpoint;

  constructor({ claim, checkpoint, context, report }: TargetTransactionOptions) {
    this.#claim = claim;
    this.#saved = checkpoint;
    this.#context = context;
    this.#report = report;
  }

  /** Begins with the next message. */
  begin(): void {
    this.#context.message.add(begin);
  }

  /**
   * Begins one that may last long. It must hold no lock on the checkpoint, so that it will be allowed to commit is
   * only looked at. Rejects `FENCED` if not.
   */
  async beginLong(signal: AbortSignal): Promise<void> {
    const [, probe] = await this.#session.script(`${begin}; ${probeClaim(this.#claim)}`, { signal, doing: applying });
    if (probe?.rowCount !== 1) throw this.#fenced();
  }

  /**
   * Moves the checkpoint and commits, so that rows and checkpoint become durable together (invariant 2). The
   * checkpoint comes last, so that it is locked only for a moment, and moves only for its owner (invariant 8). Rejects
   * `FENCED`, or `COMMIT_ROLLED_BACK`; `UnexpectedOutcome` while nothing is committed.
   */
  async commit(checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    const { message, conflicts } = this.#context;
    message.addChecked(saveCheckpoint(this.#claim, checkpoint, this.#saved), (rowCount) => {
      if (rowCount !== 1) throw this.#fenced();
    });
    await message.send(signal, applying);
    const [outcome] = await this.#session.script('COMMIT', { signal, doing: 'commit to the target' });
    // The server answers the COMMIT of a failed transaction with ROLLBACK, and calls it a success (invariant 9).
    if (outcome?.command !== 'COMMIT')
      throw sqlSinkError('COMMIT_ROLLED_BACK', `The server answered COMMIT with ${outcome?.command}`);
    this.#saved = checkpoint;
    conflicts.flush(this.#report);
  }

  async rollback(signal: AbortSignal): Promise<void> {
    const { message, prepared, conflicts } = this.#context;
    message.clear();
    conflicts.clear();
    // Which of a failed message's statements were prepared is not known.
    prepared.clear();
    await this.#session.script('ROLLBACK; DEALLOCATE ALL', { signal, doing: 'roll back at the target' });
  }

  get #session(): PostgresSession {
    return this.#context.session;
  }

  #fenced() {
    const { stream, sink, epoch } = this.#claim;
    return sqlSinkError('FENCED', `Another process owns stream "${stream}" now: epoch ${epoch} is over`, {
      details: { stream, sink, epoch },
    });
  }
}
