import { type PostgresSession, sqlstateOf } from '@millrace/postgres-client';

/**
 * The target did not hold what the source held, so the multi-row path cannot tell what is right: the changes have to
 * be applied one at a time.
 */
export class UnexpectedOutcome extends Error {
  /** The SQLSTATE or what else was unexpected; never a row value. */
  readonly reason: string;

  constructor(reason: string) {
    super(`Unexpected outcome: ${reason}`);
    this.reason = reason;
  }
}

/**
 * What a statement or its rows are to blame for: a violation may depend on the order of changes, and one change at a
 * time tells which one it was. Everything else is about the connection or the server.
 */
const ofStatements = /^(0A|21|22|23|2F|38|39|42|44|P0)/;

/** Statements in one message bigger than this are sent: characters of SQL, and how many. */
export interface MessageLimits {
  readonly statements: number;
  readonly characters: number;
}

/** Statements that go to the server together. At most one message's text exists at a time. */
export class Message {
  readonly #session: PostgresSession;
  readonly #limits: MessageLimits;
  #texts: string[] = [];
  #checks: ((rowCount: number) => void)[] = [];
  #characters = 0;

  constructor(session: PostgresSession, limits: MessageLimits) {
    this.#session = session;
    this.#limits = limits;
  }

  /** Appends a statement whose outcome only has to be no error. */
  add(sql: string): void {
    this.addChecked(sql, () => {});
  }

  /** Appends a statement that must meet exactly so many rows, or the message fails with `UnexpectedOutcome`. */
  addCounted(sql: string, expected: number): void {
    this.addChecked(sql, (rowCount) => {
      if (rowCount !== expected) throw new UnexpectedOutcome(`${rowCount} rows instead of ${expected}`);
    });
  }

  /** Appends a statement with a check of how many rows it met. */
  addChecked(sql: string, check: (rowCount: number) => void): void {
    this.#texts.push(sql);
    this.#checks.push(check);
    this.#characters += sql.length;
  }

  get isFull(): boolean {
    return this.#texts.length >= this.#limits.statements || this.#characters >= this.#limits.characters;
  }

  /** Forgets what was not sent. */
  clear(): void {
    this.#texts = [];
    this.#checks = [];
    this.#characters = 0;
  }

  /** Sends what there is and looks at the result of each statement (invariant 9). */
  async send(signal: AbortSignal, doing: string): Promise<void> {
    if (this.#texts.length === 0) return;
    const text = this.#texts.join(';\n');
    const checks = this.#checks;
    this.clear();
    const results = await this.#session.script(text, { signal, doing }).catch((error) => {
      const sqlstate = sqlstateOf(error);
      throw sqlstate !== null && ofStatements.test(sqlstate) ? new UnexpectedOutcome(`SQLSTATE ${sqlstate}`) : error;
    });
    if (results.length !== checks.length)
      throw new Error(`The server answered ${results.length} of ${checks.length} statements`);
    checks.forEach((check, at) => {
      check(results[at]?.rowCount ?? 0);
    });
  }
}
