import { qualifiedName } from '@millrace/core';
import { shapeOf } from '../../apply/row-operation.ts';
import { rowsNotWritten } from '../../apply/rows-not-written.ts';
import { type Run, runEach } from '../apply/apply-sequentially.ts';
import { applying, type BulkContext } from '../apply/bulk-context.ts';
import { expectingRows, statementText } from '../apply/expected-rows.ts';
import { literal } from '../apply/literal.ts';
import type { RowOperation } from '../apply/operations.ts';
import type { Slot } from '../apply/statements.ts';
import type { SecondaryKey } from '../target/secondary-keys.ts';
import { constraintInTheWay } from './constraint-in-the-way.ts';
import { alwaysWrites, displacingStatement } from './displacing-statements.ts';

/** How what a replay asks of the target reaches it, in its order. */
export interface ReplayRunner {
  /** Carries an operation out, at the latest with `flush`. `met` is told how many rows it has met, at the latest by `answer`. */
  post(operation: RowOperation, secondary: readonly SecondaryKey[], met?: (rows: number) => void): Promise<void>;
  answer(): Promise<void>;
  /** Everything that was posted has been carried out. */
  flush(): Promise<void>;
}

const mustWrite = (operation: RowOperation): boolean =>
  operation.kind === 'insert' && alwaysWrites(operation.plan, operation.columns);

/** Each by itself, the result of each awaited: what is wrong can be told exactly. */
export class DirectRunner implements ReplayRunner {
  readonly #run: Run;

  /** `recover`: as for `runEach`. */
  constructor(session: BulkContext['session'], signal: AbortSignal, recover?: () => Promise<unknown>) {
    this.#run = runEach(session, signal, recover);
  }

  async post(
    operation: RowOperation,
    secondary: readonly SecondaryKey[],
    met: (rows: number) => void = () => {},
  ): Promise<void> {
    const table = qualifiedName(operation.plan.relation);
    const displacing = (slot: Slot) => displacingStatement(operation, secondary, slot);
    const rows = await this.#run(operation, displacing).catch((error) => {
      throw constraintInTheWay(error, table);
    });
    if (rows === 0 && mustWrite(operation)) throw rowsNotWritten(table);
    met(rows);
  }

  async answer(): Promise<void> {}

  async flush(): Promise<void> {}
}

/** Prepared statements, many in a message. Rejects `UnexpectedOutcome`. */
export class PipelinedRunner implements ReplayRunner {
  readonly #context: BulkContext;
  readonly #signal: AbortSignal;
  /** Who waits for the outcome of which statement of the message. */
  #awaited: { readonly at: number; readonly met: (rows: number) => void }[] = [];

  constructor(context: BulkContext, signal: AbortSignal) {
    this.#context = context;
    this.#signal = signal;
  }

  async post(operation: RowOperation, secondary: readonly SecondaryKey[], met?: (rows: number) => void): Promise<void> {
    const { message } = this.#context;
    this.#add(operation, secondary);
    if (met !== undefined) this.#awaited.push({ at: message.length - 1, met });
    if (message.isFull) await this.flush();
  }

  async answer(): Promise<void> {
    if (this.#awaited.length > 0) await this.flush();
  }

  async flush(): Promise<void> {
    const awaited = this.#awaited;
    this.#awaited = [];
    const outcomes = await this.#context.message.send(this.#signal, applying);
    for (const { at, met } of awaited) met(outcomes[at]?.rowCount ?? 0);
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
