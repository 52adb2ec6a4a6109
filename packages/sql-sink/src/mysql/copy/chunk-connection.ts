import { type Chunk, qualifiedName, type RangeProgress } from '@millrace/core';
import { errnoOf, type ScriptSession } from '@millrace/mysql-client';
import { UnexpectedOutcome } from '../../apply/unexpected-outcome.ts';
import { chunkReader } from '../../copy/chunk-reader.ts';
import { sqlSinkError } from '../../error-table.ts';
import { upsertOf } from '../../replay/replay-operation.ts';
import { Message, messageLimits } from '../apply/message.ts';
import { addRows, loadRows } from '../apply/row-statements.ts';
import { rowsMet } from '../apply/rows-met.ts';
import { orUpdate } from '../apply/statements.ts';
import { type Claim, holdClaim } from '../checkpoint/checkpoint-sql.ts';
import { claimLost } from '../checkpoint/claim-lost.ts';
import { saveProgress } from '../checkpoint/copy-range-sql.ts';
import { DirectRunner } from '../replay/replay-runner.ts';
import type { ServerLimits } from '../server-limits.ts';
import type { SinkLimits } from '../sink-limits.ts';
import type { TablePlan } from '../target/table-plan.ts';
import type { TablePlans } from '../target/table-plans.ts';
import { begin } from '../target-transaction.ts';

/** Ways of writing a chunk, each for what the one before it cannot do. */
type ChunkWay = 'plain' | 'upsert' | 'single';

export interface ChunkConnectionOptions {
  readonly session: ScriptSession;
  readonly claim: Claim;
  readonly plans: TablePlans;
  readonly server: ServerLimits;
  readonly limits: SinkLimits;
}

/** How often one chunk may meet another one that it waits for and that waits for it. */
const mostDeadlocks = 10;

const deadlock = 1213;

/** One connection that writes chunks of copies. After a rejection it must be destroyed. */
export class ChunkConnection {
  readonly #options: ChunkConnectionOptions;
  readonly #message: Message;

  constructor(options: ChunkConnectionOptions) {
    const { session, limits, server } = options;
    this.#options = options;
    this.#message = new Message(session, messageLimits(limits, server.statementBytes));
  }

  /** Commits the rows of a chunk and its progress in one transaction, unless the checkpoint has another owner. */
  async write(chunk: Chunk, signal: AbortSignal): Promise<void> {
    const plan = await this.#plan(chunk, signal);
    let way: ChunkWay = plan.interferes ? 'single' : 'plain';
    for (let deadlocks = 0; ; ) {
      try {
        this.#message.add(begin);
        await this.#copy(chunk, plan, way, signal);
        return await this.#commit(chunk.progress, signal);
      } catch (error) {
        signal.throwIfAborted();
        const isDeadlock = errnoOf(error) === deadlock;
        if (isDeadlock && ++deadlocks > mostDeadlocks) throw error;
        if (!isDeadlock) {
          if (!(error instanceof UnexpectedOutcome)) throw error;
          if (way === 'single') throw error.cause ?? error;
          way = way === 'plain' && plan.secondary.length === 0 ? 'upsert' : 'single';
        }
      }
      this.#message.clear();
      await this.#options.session.script(['ROLLBACK'], { signal });
    }
  }

  close(): Promise<void> {
    return this.#options.session.close();
  }

  destroy(): void {
    this.#options.session.destroy();
  }

  async #plan({ relation }: Chunk, signal: AbortSignal): Promise<TablePlan> {
    const { plans, session } = this.#options;
    await plans.load(session, [relation], signal);
    const plan = plans.of(relation);
    if (plan.key !== null) return plan;
    const table = qualifiedName(plan.relation);
    throw sqlSinkError('TARGET_KEY_MISSING', `Rows of ${table} cannot be told apart: they cannot be copied`, {
      details: { table },
    });
  }

  async #copy(chunk: Chunk, plan: TablePlan, way: ChunkWay, signal: AbortSignal): Promise<void> {
    if (chunk.length === 0) return;
    const { session, server } = this.#options;
    const doing = `copy rows into ${qualifiedName(plan.relation)}`;
    if (way === 'single') {
      await this.#message.send(signal, doing);
      const runner = new DirectRunner({ session, ...server }, signal);
      for (const row of chunk.rows) await runner.post(upsertOf(plan, row));
      return;
    }
    const rows = { plan, columns: plan.written, rows: Array.from({ length: chunk.length }, (_, at) => at) };
    const context = { message: this.#message, ...server };
    if (way === 'plain' && server.loadedRows !== null && plan.written.length > 0)
      return loadRows(context, chunkReader(chunk), rows, signal);
    const plain = way === 'plain';
    const options = {
      ending: plain ? '' : orUpdate(plan, plan.written),
      expected: ({ affectedRows }: { readonly affectedRows: number }, count: number) =>
        !plain || affectedRows === count,
    };
    await addRows(context, chunkReader(chunk), rows, options, signal);
  }

  async #commit(progress: RangeProgress, signal: AbortSignal): Promise<void> {
    const { claim, session } = this.#options;
    const doing = 'commit a chunk to the target';
    this.#message.add(saveProgress(claim, progress));
    this.#message.add(holdClaim(claim));
    const held = (await this.#message.send(signal, doing)).at(-1);
    if (rowsMet(held) !== 1) throw claimLost(claim);
    await session.script(['COMMIT'], { signal, doing });
  }
}
