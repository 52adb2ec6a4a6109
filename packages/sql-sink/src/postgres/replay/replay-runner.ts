import { qualifiedName } from '@millrace/core';
import { type Run, runEach } from '../apply/apply-sequentially.ts';
import { applying, type BulkContext } from '../apply/bulk-context.ts';
import { expectingRows, statementText } from '../apply/expected-rows.ts';
import { literal } from '../apply/literal.ts';
import { type RowOperation, shapeOf } from '../apply/row-operation.ts';
import { rowsNotWritten } from '../apply/rows-not-written.ts';
import type { SecondaryKey } from '../target/secondary-keys.ts';
import { constraintInTheWay } from './constraint-in-the-way.ts';
import { alwaysWrites, displacingStatement } from './displacing-statements.ts';

/** How what a replay asks of the target reaches it, in its order. */
export interface ReplayRunner {
  /** Carries an operation out, at the latest before the next one that is asked for. */
  post(operation: RowOperation, secondary: readonly SecondaryKey[]): Promise<void>;
  /** Carries it out and says how many rows it has met. */
  ask(operation: RowOperation, secondary: readonly SecondaryKey[]): Promise<number>;
  /** Everything that was posted has been carried out. */
  flush(): Promise<void>;
}

const mustWrite = (operation: RowOperation): boolean =>
  operation.kind === 'insert' && alwaysWrites(operation.plan, operation.columns);

/** Each by itself, the result of each awaited: what is wrong can be told exactly. */
export class DirectRunner implements ReplayRunner {
  readonly #run: Run;

  constructor(session: BulkContext['session'], signal: AbortSignal) {
    this.#run = runEach(session, signal);
  }

  async post(operation: RowOperation, secondary: readonly SecondaryKey[]): Promise<void> {
    const rows = await this.ask(operation, secondary);
    if (rows === 0 && mustWrite(operation)) throw rowsNotWritten(qualifiedName(operation.plan.relation));
  }

  async ask(operation: RowOperation, secondary: readonly SecondaryKey[]): Promise<number> {
    try {
      return await this.#run(operation, (slot) => displacingStatement(operation, secondary, slot));
    } catch (error) {
      throw constraintInTheWay(error, qualifiedName(operation.plan.relation));
    }
  }

  async flush(): Promise<void> {}
}

/** Prepared statements, many in a message: only what is asked for is waited for. Rejects `UnexpectedOutcome`. */
export class PipelinedRunner implements ReplayRunner {
  readonly #context: BulkContext;
  readonly #signal: AbortSignal;

  constructor(context: BulkContext, signal: AbortSignal) {
    this.#context = context;
    this.#signal = signal;
  }

  async post(operation: RowOperation, secondary: readonly SecondaryKey[]): Promise<void> {
    this.#add(operation, secondary);
    if (this.#context.message.isFull) await this.flush();
  }

  async ask(operation: RowOperation, secondary: readonly SecondaryKey[]): Promise<number> {
    this.#add(operation, secondary);
    const outcomes = await this.#context.message.send(this.#signal, applying);
    return outcomes.at(-1)?.rowCount ?? 0;
  }

  async flush(): Promise<void> {
    await this.#context.message.send(this.#signal, applying);
  }

  #add(operation: RowOperation, secondary: readonly SecondaryKey[]): void {
    const { message, prepared } = this.#context;
    const name = prepared.nameOf(
      `replay ${shapeOf(operation)}`,
      (parameter) => {
        const statement = displacingStatement(operation, secondary, ({ type }) => parameter(type));
        return mustWrite(operation) ? expectingRows(statement, 1) : statementText(statement);
      },
      (sql) => message.add(sql),
    );
    const values = operation.values.map(literal).join(', ');
    message.add(values === '' ? `EXECUTE ${name}` : `EXECUTE ${name} (${values})`);
  }
}
