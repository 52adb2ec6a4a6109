import { MillraceError } from '@millrace/core';
import { errnoOf, type ScriptSession, type StatementOutcome } from '@millrace/mysql-client';
import { UnexpectedOutcome } from '../../apply/unexpected-outcome.ts';
import { rowsMet } from './rows-met.ts';

/** A message with more than this is sent before anything else is added to it. */
export interface MessageLimits {
  readonly statements: number;
  readonly bytes: number;
}

/** Looks at what a statement has done; throws where that is not what it had to do. */
export type Check = (outcome: StatementOutcome) => void;

/** The statement meets exactly so many rows. */
export const expecting =
  (rows: number): Check =>
  (outcome) => {
    if (rowsMet(outcome) !== rows) throw new UnexpectedOutcome('another number of rows than expected');
  };

/** What a statement or its rows are to blame for: one change at a time tells which one it was. */
const ofStatements: readonly string[] = [
  'STATEMENT_FAILED',
  'CONSTRAINT_VIOLATED',
  'VALUE_REJECTED',
  'SCHEMA_MISMATCH',
];

/** Statements that go to the server together. */
export class Message {
  readonly #session: ScriptSession;
  readonly #limits: MessageLimits;
  #statements: (string | Buffer)[] = [];
  #checks: (Check | null)[] = [];
  #data: Iterable<Buffer> | null = null;
  #bytes = 0;

  constructor(session: ScriptSession, limits: MessageLimits) {
    this.#session = session;
    this.#limits = limits;
  }

  add(statement: string | Buffer, check: Check | null = null): void {
    this.#statements.push(statement);
    this.#checks.push(check);
    this.#bytes += statement.length;
  }

  /** Adds a LOAD DATA; there may be one in a message. */
  addLoad(statement: string, data: Iterable<Buffer>, check: Check): void {
    if (this.#data !== null) throw new Error('A message loads data once');
    this.#data = data;
    this.add(statement, check);
  }

  get isFull(): boolean {
    return (
      this.#statements.length >= this.#limits.statements || this.#bytes >= this.#limits.bytes || this.#data !== null
    );
  }

  /** Forgets what was not sent. */
  clear(): void {
    this.#statements = [];
    this.#checks = [];
    this.#data = null;
    this.#bytes = 0;
  }

  /** Sends what there is. Rejects with `UnexpectedOutcome` when the changes have to be applied one at a time. */
  async send(signal: AbortSignal, doing: string): Promise<readonly StatementOutcome[]> {
    if (this.#statements.length === 0) return [];
    const [statements, checks, data] = [this.#statements, this.#checks, this.#data];
    this.clear();
    const outcomes = await this.#session
      .script(statements, { signal, doing, ...(data === null ? {} : { data }) })
      .catch((error) => {
        if (!(error instanceof MillraceError) || !ofStatements.includes(error.code)) throw error;
        throw new UnexpectedOutcome(`error ${errnoOf(error)}`, error);
      });
    if (outcomes.length !== statements.length)
      throw new Error(`The server answered ${outcomes.length} of ${statements.length} statements`);
    for (const [at, outcome] of outcomes.entries()) checks[at]?.(outcome);
    return outcomes;
  }
}
