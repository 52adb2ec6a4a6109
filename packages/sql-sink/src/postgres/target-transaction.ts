import type { Checkpoint, ConnectorEvent } from '@millrace/core';
import { type PostgresSession, sqlstateOf } from '@millrace/postgres-client';
import { UnexpectedOutcome } from '../apply/unexpected-outcome.ts';
import { endedCopies } from '../checkpoint/copy-progress.ts';
import { sqlSinkError } from '../error-table.ts';
import { applying, type BulkContext } from './apply/bulk-context.ts';
import { expectingPlace, unexpectedRows } from './apply/expected-rows.ts';
import type { Parameter } from './apply/prepared-statements.ts';
import {
  type Claim,
  isMove,
  moveCheckpoint,
  moveParameters,
  probeClaim,
  saveCheckpoint,
} from './checkpoint/checkpoint-sql.ts';
import { removeProgress } from './checkpoint/copy-range-sql.ts';

/** How every transaction at the target begins. */
export const begin = 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE';

export interface TargetTransactionOptions {
  readonly claim: Claim;
  /** What the row holds now. */
  readonly checkpoint: Checkpoint;
  readonly context: BulkContext;
  readonly report: (event: ConnectorEvent) => void;
}

/** Somebody else has taken the row. */
export const claimLost = ({ stream, sink, epoch }: Claim) =>
  sqlSinkError('FENCED', `Another process owns stream "${stream}" now: epoch ${epoch} is over`, {
    details: { stream, sink, epoch },
  });

/** The transactions of one connection, one after the other: how they begin, and how they may end. */
export class TargetTransaction {
  readonly #claim: Claim;
  readonly #context: BulkContext;
  readonly #report: (event: ConnectorEvent) => void;
  #saved: Checkpoint;
  /** Where the checkpoint's row is, if known. */
  #place: string | null = null;

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
    const [, probe] = await this.#session.script(`${begin}; ${probeClaim(this.#claim)}`, { signal, doing: applying });
    if (probe?.rowCount !== 1) throw this.#fenced();
  }

  /**
   * Sends what the message holds, moves the checkpoint and commits, so that rows and checkpoint become durable together
   * (invariant 2), in one round trip, or in two after a COPY that only its outcome proves. The checkpoint comes last,
   * so that it is locked only for a moment, and moves only for its owner: otherwise its statement fails, and the server
   * does not come to the COMMIT (invariants 8 and 9). Rejects `UnexpectedOutcome` while nothing is committed, or
   * `COMMIT_ROLLED_BACK`.
   */
  async commit(checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    const { message, conflicts, staging } = this.#context;
    if (message.needsLook) await message.send(signal, applying);
    const ended = endedCopies(this.#saved, checkpoint);
    if (ended.length > 0) message.add(removeProgress(this.#claim, ended));
    message.add(this.#saving(checkpoint));
    message.add('COMMIT');
    this.#place = null;
    const [saved, outcome] = (await message.send(signal, 'commit to the target')).slice(-2);
    // The server answers the COMMIT of a failed transaction with ROLLBACK, and calls it a success (invariant 9).
    if (outcome?.command !== 'COMMIT')
      throw sqlSinkError('COMMIT_ROLLED_BACK', `The server answered COMMIT with ${outcome?.command}`);
    this.#saved = checkpoint;
    this.#place = saved?.row?.[1] ?? null;
    staging?.emptied();
    conflicts.flush(this.#report);
  }

  /** As `commit`, when everything but the checkpoint has been applied. Rejects `FENCED`, or with the server's error. */
  async commitApplied(checkpoint: Checkpoint, signal: AbortSignal): Promise<void> {
    // Where nothing can be applied again, nothing but the loss of the row may end it.
    this.#place = null;
    await this.commit(checkpoint, signal).catch((error) => {
      if (!(error instanceof UnexpectedOutcome)) throw error;
      throw sqlstateOf(error.cause) === unexpectedRows ? this.#fenced() : error.cause;
    });
  }

  async rollback(signal: AbortSignal): Promise<void> {
    const { message, conflicts } = this.#context;
    message.clear();
    conflicts.clear();
    // Which of a failed message's statements were run is not known.
    await this.#session.query('ROLLBACK', [], { signal, doing: 'roll back at the target' });
    await this.forgetTables(signal);
  }

  /** Tables are other ones now: what was made for them on this connection is dropped. */
  async forgetTables(signal: AbortSignal): Promise<void> {
    const { prepared, staging } = this.#context;
    prepared.clear();
    staging?.clear();
    await this.#session.script('DEALLOCATE ALL; DISCARD TEMP', { signal, doing: 'forget tables of the target' });
  }

  /** What most groups do is prepared: it takes longer to plan than to run. */
  #saving(checkpoint: Checkpoint): string {
    const place = this.#place;
    if (place === null || !isMove(checkpoint, this.#saved))
      return expectingPlace(saveCheckpoint(this.#claim, checkpoint, this.#saved));
    const { message, prepared } = this.#context;
    const move = (parameter: Parameter) => expectingPlace(moveCheckpoint(this.#claim, parameter));
    const name = prepared.nameOf('checkpoint', move, (sql) => message.add(sql));
    return `EXECUTE ${name} (${moveParameters(checkpoint, place)})`;
  }

  get #session(): PostgresSession {
    return this.#context.session;
  }

  #fenced() {
    return claimLost(this.#claim);
  }
}
