import { qualifiedName } from '@millrace/core';
import { errnoOf } from '@millrace/mysql-client';
import { overwriteInstead } from '../../apply/row-operation.ts';
import { sqlSinkError } from '../../error-table.ts';
import { type Run, runEach } from '../apply/apply-sequentially.ts';
import { applying, type BulkContext } from '../apply/bulk-context.ts';
import { constant } from '../apply/constant.ts';
import { duplicateKey } from '../apply/duplicate-key.ts';
import type { InsertOperation, RowOperation, UpdateOperation } from '../apply/operations.ts';
import { rowsMet } from '../apply/rows-met.ts';
import { insertStatement, keyCondition, orUpdate, plainStatement } from '../apply/statements.ts';
import type { UniqueIndex } from '../target/target-table.ts';

/** How what a replay asks of the target reaches it, in its order. */
export interface ReplayRunner {
  /** Carries an operation out, at the latest with `flush`. `met` is told how many rows it has met, at the latest by then. */
  post(operation: RowOperation, met?: (rows: number) => void): Promise<void>;
  /** Everything that was posted has been carried out. */
  flush(): Promise<void>;
}

/** The statement that writes a row, whatever is there, where nothing but its key is unique. */
const upsert = (operation: InsertOperation): string =>
  `${insertStatement(operation)}${orUpdate(operation.plan, operation.columns)}`;

/** The rows of other keys that hold what this one is to hold under a unique index; `null`: that cannot be told. */
const displaced = (operation: InsertOperation | UpdateOperation, { columns }: UniqueIndex): string | null => {
  const { plan } = operation;
  if (columns === null) return null;
  const [written, key] =
    operation.kind === 'insert'
      ? [operation.columns, overwriteInstead(operation).values.slice(0, plan.key?.length ?? 0)]
      : [operation.set, operation.values.slice(0, plan.key?.length ?? 0)];
  const isRow = keyCondition(plan, key);
  const conditions = columns.map((name) => {
    const column = plan.columns.find((each) => each.name === name);
    if (column === undefined) return null;
    const at = written.indexOf(column);
    const { quoted } = column;
    if (at >= 0) {
      const first = operation.values.length - written.length;
      return `${quoted} = ${constant(plan, column, operation.values[first + at] ?? null)}`;
    }
    return `${quoted} = (SELECT ${quoted} FROM (SELECT ${quoted} FROM ${plan.name} WHERE ${isRow}) AS itself)`;
  });
  return conditions.includes(null)
    ? null
    : `DELETE FROM ${plan.name} WHERE ${conditions.join(' AND ')} AND NOT (${isRow})`;
};

const inTheWay = (operation: RowOperation, cause: unknown) => {
  const table = qualifiedName(operation.plan.relation);
  return sqlSinkError(
    'CONSTRAINT_IN_THE_WAY',
    `A unique index of target table ${table} refused a row: while the table is copied, rows of different moments meet there`,
    {
      hint: `Drop the unique indexes of ${table} but its key at the target, and make them again once the table is live.`,
      details: { table },
      cause,
    },
  );
};

/** Each by itself, the result of each awaited: what is in the way is removed. */
export class DirectRunner implements ReplayRunner {
  readonly #run: Run;

  constructor(context: Pick<BulkContext, 'session' | 'statementBytes'>, signal: AbortSignal) {
    this.#run = runEach(context, signal);
  }

  async post(operation: RowOperation, met: (rows: number) => void = () => {}): Promise<void> {
    met(await this.#carryOut(operation));
  }

  async flush(): Promise<void> {}

  async #carryOut(operation: RowOperation): Promise<number> {
    if (operation.kind === 'delete') return this.#run(operation, plainStatement(operation));
    const { secondary } = operation.plan;
    if (secondary.length === 0)
      return this.#run(operation, operation.kind === 'insert' ? upsert(operation) : plainStatement(operation));
    for (let isSecond = false; ; isSecond = true)
      try {
        if (operation.kind === 'update') return await this.#run(operation, plainStatement(operation));
        const there = await this.#run(operation, plainStatement(overwriteInstead(operation)));
        return there > 0 ? there : await this.#run(operation, plainStatement(operation));
      } catch (error) {
        if (errnoOf(error) !== duplicateKey) throw error;
        if (isSecond) throw inTheWay(operation, error);
        await this.#makeRoom(operation, error);
      }
  }

  async #makeRoom(operation: InsertOperation | UpdateOperation, error: unknown): Promise<void> {
    for (const index of operation.plan.secondary) {
      const removal = displaced(operation, index);
      if (removal === null) throw inTheWay(operation, error);
      await this.#run(operation, removal);
    }
  }
}

/** Many statements in a message, of tables where nothing but the key is unique. Rejects `UnexpectedOutcome`. */
export class PipelinedRunner implements ReplayRunner {
  readonly #context: BulkContext;
  readonly #signal: AbortSignal;
  readonly #direct: DirectRunner;

  constructor(context: BulkContext, signal: AbortSignal) {
    this.#context = context;
    this.#signal = signal;
    this.#direct = new DirectRunner(context, signal);
  }

  async post(operation: RowOperation, met: (rows: number) => void = () => {}): Promise<void> {
    const { message } = this.#context;
    if (operation.kind !== 'delete' && operation.plan.secondary.length > 0) {
      await this.flush();
      return this.#direct.post(operation, met);
    }
    const statement = operation.kind === 'insert' ? upsert(operation) : plainStatement(operation);
    message.add(statement, (outcome) => met(rowsMet(outcome)));
    if (message.isFull) await this.flush();
  }

  async flush(): Promise<void> {
    await this.#context.message.send(this.#signal, applying);
  }
}
