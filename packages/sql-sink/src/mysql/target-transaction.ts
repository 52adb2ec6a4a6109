import type { Checkpoint, ConnectorEvent } from '@millrace/core';
import type { ScriptSession } from '@millrace/mysql-client';
import { UnexpectedOutcome } from '../apply/unexpected-outcome.ts';
import { endedCopies } from '../checkpoint/copy-progress.ts';
import { applying, type BulkContext } from './apply/bulk-context.ts';
import { rowsMet } from './apply/rows-met.ts';
import { type Claim, probeClaim, saveCheckpoint } from './checkpoint/checkpoint-sql.ts';
import { claimLost } from './checkpoint/claim-lost.ts';
import { removeProgress } from './checkpoint/copy-range-sql.ts';

/** How every transaction at the target begins. */
export const begin = 'START TRANSACTION';

export interface TargetTransactionOptions {
  readonly claim: Claim;
  /** What the row holds now. */
  readonly checkpoint: Checkpoint;
  readonly context: BulkContext;
  readonly report: (event: ConnectorEvent) => void;
}

/** The transactions of one connection, one after the other: how they begin, and how they may end. */
export class TargetTransaction {
  readonly #claim: Claim;
  readonly #context: BulkContext;
  readonly #report: (event: ConnectorEvent) => void;
  #saved: Checkpoint;

  constructor({ claim, checkpoint, context, report }: TargetTransactionOptions) {
    this.#claim = claim;
    this.#saved = checkpoint;
    this.#context = context;
    this.#report = report;
  }

  /** What the row holds. */
  get saved(): Checkpoint {
    return this.#saved;
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
    const [, probe] = await this.#session.script([begin, probeClaim(this.#claim)], { signal, doing: applying });
    if (rowsMet(probe) !== 1) throw claimLost(this.#claim);
  }

  /**
   * Sends what the message holds, moves the checkpoint, and commits once all of it has been seen to be done: rows and
   * checkpoint become durable together (invariant 2). A server that has taken a transaction back, e.g. because of a deadlock,
   * runs later statements outside of any (invariant 9). The checkpoint comes last, so that it is locked only for a moment.
   * Rejects `UnexpectedOutcome` while nothing is committed, or `FENCED`.
   */
  async commit(checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    const { message, conflicts } = this.#context;
    const doing = 'commit to the target';
    const ended = endedCopies(this.#saved, checkpoint);
    if (ended.length > 0) message.add(removeProgress(this.#claim, ended));
    message.add(saveCheckpoint(this.#claim, checkpoint, this.#saved));
    const saved = (await message.send(signal, doing)).at(-1);
    if (rowsMet(saved) !== 1) throw claimLost(this.#claim);
    await this.#session.script(['COMMIT'], { signal, doing });
    this.#saved = checkpoint;
    conflicts.flush(this.#report);
  }

  /** As `commit`, when everything but the checkpoint has been applied. Rejects `FENCED`, or with the server's error. */
  async commitApplied(checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    await this.commit(checkpoint, signal).catch((error) => {
      throw error instanceof UnexpectedOutcome && error.cause instanceof Error ? error.cause : error;
    });
  }

  async rollback(signal: AbortSignal): Promise<void> {
    const { message, conflicts } = this.#context;
    message.clear();
    conflicts.clear();
    await this.#session.script(['ROLLBACK'], { signal, doing: 'roll back at the target' });
  }

  get #session(): ScriptSession {
    return this.#context.session;
  }
}
