import { createHash } from 'node:crypto';
import { quoteLiteral, type ScriptSession } from '@millrace/mysql-client';
import { sqlSinkError } from '../../error-table.ts';
import { type Claim, checkpointTable, claimCondition } from '../checkpoint/checkpoint-sql.ts';
import { claimLost } from '../checkpoint/claim-lost.ts';
import type { PlannedStatement } from './evolution-statements.ts';
import type { TableShape } from './table-shape.ts';

/** A step under way. */
export interface PendingStep {
  /** Tells the step from others. */
  readonly step: string;
  /** What is left to do; the first may have been done, and the others have not. */
  readonly statements: readonly PlannedStatement[];
  /** The tables of the first statement as they were before it. */
  readonly before: readonly TableShape[];
}

/** What was done at one place of the log, in this order. */
interface PlaceLog {
  readonly done: readonly string[];
  readonly pending: PendingStep | null;
}

/** What the row holds. Places are forgotten when the checkpoint has left the position at which they came. */
interface StoredLog {
  readonly position: string | null;
  readonly places: Readonly<Record<string, PlaceLog>>;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);

/** Throws `CHECKPOINT_CORRUPT` for what this package never writes. */
const parsed = (text: string | null, { stream, sink }: Claim): unknown => {
  try {
    return JSON.parse(text ?? 'null');
  } catch (cause) {
    throw sqlSinkError('CHECKPOINT_CORRUPT', `The checkpoint of stream "${stream}" has a wrong value in pending_ddl`, {
      hint: 'Restore the row from a backup, or delete it and start the stream anew.',
      details: { stream, sink, column: 'pending_ddl' },
      cause,
    });
  }
};

const isStored = (value: unknown): value is StoredLog =>
  typeof value === 'object' && value !== null && 'places' in value && typeof value.places === 'object';

/**
 * What is known of changes of tables, which commit by themselves (protocol P4): which of them are done, and which one is under
 * way. Every write is committed at once, and rejects `FENCED` unless this connection owns the row.
 */
export class EvolutionLog {
  readonly #session: ScriptSession;
  readonly #claim: Claim;
  readonly #position: string | null;
  readonly #place: string;
  readonly #others: StoredLog['places'];
  /** What an earlier attempt has done and this one has not come to yet. */
  #known: readonly string[];
  #done: readonly string[] = [];
  #pending: PendingStep | null;
  #isSaved = true;

  /** `place` tells whose the log is: after a crash the same changes come with the same one. */
  static async read(session: ScriptSession, claim: Claim, place: string, signal: AbortSignal): Promise<EvolutionLog> {
    const [row] = await session.query<{ readonly position: string | null; readonly pending_ddl: string | null }>(
      `SELECT position, pending_ddl FROM ${checkpointTable(claim.schema)} WHERE ${claimCondition(claim)}`,
      [],
      { signal, doing: 'read what is done to tables of the target' },
    );
    if (row === undefined) throw claimLost(claim);
    const position = row.position === null ? null : digest(row.position);
    const stored = parsed(row.pending_ddl, claim);
    const isCurrent = isStored(stored) && stored.position === position;
    return new EvolutionLog(session, claim, digest(place), { position, places: isCurrent ? stored.places : {} });
  }

  private constructor(session: ScriptSession, claim: Claim, place: string, { position, places }: StoredLog) {
    const { [place]: own, ...others } = places;
    this.#session = session;
    this.#claim = claim;
    this.#position = position;
    this.#place = place;
    this.#others = others;
    this.#known = own?.done ?? [];
    this.#pending = own?.pending ?? null;
  }

  /** Whether the next step was done in an earlier attempt; then it is passed over. */
  passes(step: string): boolean {
    const [next, ...known] = this.#known;
    this.#known = next === digest(step) ? known : [];
    if (next !== digest(step)) return false;
    this.#done = [...this.#done, next];
    return true;
  }

  /** What an earlier attempt left of a step that is not done; `null`: it did not begin it. */
  pending(step: string): PendingStep | null {
    return this.#pending?.step === digest(step) ? this.#pending : null;
  }

  /** Before the first of these statements is run. */
  begin(step: string, { statements, before }: Omit<PendingStep, 'step'>, signal: AbortSignal): Promise<void> {
    this.#pending = { step: digest(step), statements, before };
    return this.#save(signal);
  }

  /** Nothing of the step is left to do. Remembered with the next write. */
  end(step: string): void {
    this.#pending = null;
    this.#done = [...this.#done, digest(step)];
    this.#isSaved = false;
  }

  /** The statement that was begun last was refused. */
  giveUp(signal: AbortSignal): Promise<void> {
    this.#pending = null;
    return this.#save(signal);
  }

  /** All steps are behind. */
  async close(signal: AbortSignal): Promise<void> {
    if (!this.#isSaved) await this.#save(signal);
  }

  async #save(signal: AbortSignal): Promise<void> {
    const own: PlaceLog = { done: this.#done, pending: this.#pending };
    const stored: StoredLog = { position: this.#position, places: { ...this.#others, [this.#place]: own } };
    const update = `UPDATE ${checkpointTable(this.#claim.schema)} SET pending_ddl = ${quoteLiteral(JSON.stringify(stored))} WHERE ${claimCondition(this.#claim)}`;
    const options = { signal, doing: 'note what is done to tables of the target' };
    const [outcome] = await this.#session.script([update], options);
    if (outcome?.affectedRows !== 1) throw claimLost(this.#claim);
    this.#isSaved = true;
  }
}
