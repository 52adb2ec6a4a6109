import { type Chunk, qualifiedName, type RangeProgress, type SinkContext } from '@millrace/core';
import { type PostgresSession, sqlstateOf } from '@millrace/postgres-client';
import { rowsNotWritten } from '../../apply/rows-not-written.ts';
import { UnexpectedOutcome } from '../../apply/unexpected-outcome.ts';
import { sqlSinkError } from '../../error-table.ts';
import { upsertOf } from '../../replay/replay-operation.ts';
import type { TargetNames } from '../../target/target-names.ts';
import { expectingRows, unexpectedRows } from '../apply/expected-rows.ts';
import { Message } from '../apply/message.ts';
import { type Claim, holdClaim } from '../checkpoint/checkpoint-sql.ts';
import { saveProgress } from '../checkpoint/copy-range-sql.ts';
import type { RejectedRow } from '../rejected/rejected-row.ts';
import type { RejectedRows } from '../rejected/rejected-rows.ts';
import { writeWithoutFaults } from '../rejected/write-without-faults.ts';
import { constraintInTheWay } from '../replay/constraint-in-the-way.ts';
import { alwaysWrites } from '../replay/displacing-statements.ts';
import { DirectRunner } from '../replay/replay-runner.ts';
import type { SinkLimits } from '../sink-limits.ts';
import { readSecondaryKeys } from '../target/secondary-keys.ts';
import { type TablePlans, tablePlans } from '../target/table-plans.ts';
import type { MissingColumns } from '../target/target-problems.ts';
import { begin, claimLost } from '../target-transaction.ts';
import { ChunkRows } from './chunk-rows.ts';
import { chunkStaging, moveStagedChunk } from './staged-chunk.ts';

/** Ways of writing a chunk, each for what the one before it cannot do. */
export type ChunkWay = 'plain' | 'staged' | 'single';

export interface ChunkConnectionOptions {
  readonly session: PostgresSession;
  readonly claim: Claim;
  readonly names: TargetNames;
  /** Whether the role may make temporary tables. */
  readonly mayStage: boolean;
  readonly missingColumns?: MissingColumns | undefined;
  readonly limits: SinkLimits;
  readonly rejected: RejectedRows;
  readonly report: SinkContext['report'];
}

/** How often one chunk may meet another one that it waits for and that waits for it. */
const mostDeadlocks = 10;

const causeOf = (error: unknown): unknown => (error instanceof UnexpectedOutcome ? (error.cause ?? error) : error);

const isDeadlock = (error: unknown): boolean => sqlstateOf(error) === '40P01';

/** One connection that writes chunks of copies. After a rejection it must be destroyed. */
export class ChunkConnection {
  readonly #options: ChunkConnectionOptions;
  readonly #plans: TablePlans;
  readonly #message: Message;

  constructor(options: ChunkConnectionOptions) {
    const { messageStatements, messageCharacters, messageBytes } = options.limits;
    this.#options = options;
    this.#plans = tablePlans(options.names, options.missingColumns);
    this.#message = new Message(options.session, {
      statements: messageStatements,
      characters: messageCharacters,
      bytes: messageBytes,
    });
  }

  /**
   * Commits the rows of a chunk and its progress in one transaction, unless the checkpoint has another owner (invariants
   * 2, 8 and 9). Resolves with the way in which it went.
   */
  async write(chunk: Chunk, first: ChunkWay, signal: AbortSignal): Promise<ChunkWay> {
    const rows = await this.#rows(chunk, signal);
    let way = rows.plan.interferes ? this.#after('plain') : first;
    for (let deadlocks = 0; ; ) {
      try {
        await this.#attempt(rows, way, signal);
        return way;
      } catch (error) {
        signal.throwIfAborted();
        const next = this.#next(way, error);
        if (isDeadlock(error)) deadlocks += 1;
        if (next === null || deadlocks > mostDeadlocks)
          throw constraintInTheWay(causeOf(error), qualifiedName(rows.plan.relation));
        way = next;
      }
      this.#message.clear();
      await this.#session.query('ROLLBACK', [], { signal });
    }
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  destroy(): void {
    this.#session.destroy();
  }

  get #session(): PostgresSession {
    return this.#options.session;
  }

  async #rows(chunk: Chunk, signal: AbortSignal): Promise<ChunkRows> {
    const { relation } = chunk;
    await this.#plans.load(this.#session, [relation], signal);
    const plan = this.#plans.of(relation);
    if (plan.key !== null) return new ChunkRows(chunk, plan);
    const table = qualifiedName(plan.relation);
    throw sqlSinkError('TARGET_KEY_MISSING', `Rows of ${table} cannot be told apart: they cannot be copied`, {
      details: { table },
    });
  }

  #after(way: ChunkWay): ChunkWay {
    return way === 'plain' && this.#options.mayStage ? 'staged' : 'single';
  }

  /** The way to try after an error; `null`: there is none. */
  #next(way: ChunkWay, error: unknown): ChunkWay | null {
    if (isDeadlock(error)) return way === 'plain' ? this.#after(way) : way;
    if (!(error instanceof UnexpectedOutcome) || way === 'single') return null;
    // A row that is there already, or that holds what a row of the chunk is to hold. Whatever else it is, one row at a
    // time will tell.
    return sqlstateOf(error.cause) === '23505' ? this.#after(way) : 'single';
  }

  async #attempt(rows: ChunkRows, way: ChunkWay, signal: AbortSignal): Promise<void> {
    const { claim, rejected, report } = this.#options;
    this.#message.add(begin);
    const refused = rows.chunk.length > 0 ? await this.#copy(rows, way, signal) : [];
    await rejected.save(this.#session, claim, refused, signal);
    await this.#commit(rows.chunk.progress, signal);
    rejected.committed(refused, report);
  }

  /** Returns the rows that the target refuses, where they are left out. */
  async #copy(rows: ChunkRows, way: ChunkWay, signal: AbortSignal): Promise<readonly RejectedRow[]> {
    const { plan, chunk } = rows;
    const table = qualifiedName(plan.relation);
    const doing = `copy rows into ${table}`;
    if (way === 'plain') {
      rows.addTo(this.#message, plan.into);
      await this.#message.send(signal, doing);
      return [];
    }
    const secondary = await readSecondaryKeys(this.#session, plan, signal);
    if (way === 'single') {
      await this.#message.send(signal, doing);
      if (this.#options.rejected.areLeftOut) return writeWithoutFaults(this.#session, rows, secondary, signal);
      const runner = new DirectRunner(this.#session, signal);
      for (const row of rows.rows) await runner.post(upsertOf(plan, row), secondary);
      return [];
    }
    const { into, create } = chunkStaging(plan);
    this.#message.add(create);
    rows.addTo(this.#message, into);
    await this.#message.send(signal, doing);
    for (const sql of moveStagedChunk(plan, secondary)) this.#message.add(sql);
    const moved = (await this.#message.send(signal, doing)).at(-1);
    if (alwaysWrites(plan, plan.written) && moved?.rowCount !== chunk.length) throw rowsNotWritten(table);
    return [];
  }

  /** What was copied has been seen to be written. */
  async #commit(progress: RangeProgress, signal: AbortSignal): Promise<void> {
    const { claim } = this.#options;
    this.#message.add(saveProgress(claim, progress));
    this.#message.add(expectingRows({ ctes: [], statement: holdClaim(claim) }, 1));
    this.#message.add('COMMIT');
    const outcomes = await this.#message.send(signal, 'commit a chunk to the target').catch((error) => {
      const isLost = error instanceof UnexpectedOutcome && sqlstateOf(error.cause) === unexpectedRows;
      throw isLost ? claimLost(claim) : error;
    });
    const command = outcomes.at(-1)?.command;
    if (command !== 'COMMIT') throw sqlSinkError('COMMIT_ROLLED_BACK', `The server answered COMMIT with ${command}`);
  }
}
