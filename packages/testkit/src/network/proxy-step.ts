import type { ProxyConnection } from './proxy-connection.ts';

/**
 * A moment in the life of a connection:
 * - `before-first-statement`: authenticated, and its first statement has reached the proxy but not the server;
 * - `between-statements`: its `nth` statement that matches has reached the proxy but not the server;
 * - `copying`: rows of its `nth` COPY have reached the server, and their end the proxy but not the server;
 * - `before-commit`: its COMMIT has reached the proxy but not the server;
 * - `commit-sent`: the server has committed and answered, and the client has not been told.
 */
export const steps = [
  'before-first-statement',
  'between-statements',
  'copying',
  'before-commit',
  'commit-sent',
] as const;

export type Step = (typeof steps)[number];

/**
 * What happens at a step. `cut` resets both sides; a statement that was not sent yet never is.
 * `freeze` holds everything, the statement or the reply at hand included, until it is released.
 * `drop-reply` swallows the reply to the statement and carries on.
 */
export type StepAction = 'cut' | 'freeze' | 'drop-reply';

/** Where a step applies. */
export interface StepOptions {
  /** SQL that the step looks for: in a commit step COMMIT, otherwise any. */
  readonly matching?: RegExp;
  /** Which matching statement of a connection, counted from 1. */
  readonly nth?: number;
  /** How often the step applies, over all connections; once unless told. */
  readonly times?: number;
  /** Applies only to connections of this `application_name`. */
  readonly applicationName?: string | RegExp;
  /** Applies only to replication connections, or only to others. */
  readonly replication?: boolean;
}

const commit = /(?:^|;)\s*COMMIT\b/i;
const anything = /(?:)/;

/** A step that a test has asked for. */
export class ProxyStep {
  readonly #step: Step;
  readonly #action: StepAction;
  readonly #options: StepOptions;
  readonly #matches = new WeakMap<ProxyConnection, number>();
  readonly #hits: ProxyConnection[] = [];
  readonly #waiting: { readonly times: number; readonly resolve: (connection: ProxyConnection) => void }[] = [];
  readonly #frozen = new Map<ProxyConnection, number>();
  #left: number;

  constructor(step: Step, action: StepAction, options: StepOptions) {
    this.#step = step;
    this.#action = action;
    this.#options = options;
    this.#left = options.times ?? 1;
  }

  /** Resolves with the connection concerned when the step has been hit this many times and its action taken. */
  reached(times = 1): Promise<ProxyConnection> {
    const connection = this.#hits[times - 1];
    if (connection !== undefined) return Promise.resolve(connection);
    return new Promise((resolve) => this.#waiting.push({ times, resolve }));
  }

  /** Ends the step: it applies to no further statement. What it holds stays held. */
  cancel(): void {
    this.#left = 0;
  }

  /**
   * Lets through what `freeze` holds, also when its client has gone in the meantime. Resolves when
   * the server has answered it or has closed the connection.
   */
  async release(): Promise<void> {
    const frozen = [...this.#frozen];
    this.#frozen.clear();
    const answers = frozen.map(([connection, reply]) => connection.answered(reply));
    for (const [connection] of frozen) connection.thaw();
    await Promise.all(answers);
  }

  /**
   * Called by the proxy once for each statement of each connection, and with `null` for each end of a COPY: true when
   * this step applies to it.
   */
  isDue(connection: ProxyConnection, statement: string | null): boolean {
    if (!this.#concerns(connection) || (statement === null) !== (this.#step === 'copying')) return false;
    if (statement !== null && !this.#pattern().test(statement)) return false;
    const matches = (this.#matches.get(connection) ?? 0) + 1;
    this.#matches.set(connection, matches);
    if (this.#step === 'before-first-statement' && connection.statementCount > 1) return false;
    return this.#left > 0 && (this.#options.nth === undefined || this.#options.nth === matches);
  }

  /** Called by the proxy when this step is the one to act on the statement it is due for. */
  claim(): void {
    this.#left--;
  }

  /** Called by the connection before it carries a claimed statement to the server. */
  begin(connection: ProxyConnection): void {
    // The statement of a COPY has asked for its reply already.
    const reply = this.#step === 'copying' ? connection.nextReply - 1 : connection.nextReply;
    if (this.#step === 'commit-sent' || this.#action === 'drop-reply') connection.awaitReply(reply, this);
    else this.#act(connection, reply);
  }

  /** Called by the connection when an awaited reply is complete: whether to carry it to the client. */
  answered(connection: ProxyConnection): 'pass' | 'swallow' {
    this.#act(connection, 0);
    return this.#action === 'freeze' ? 'pass' : 'swallow';
  }

  #concerns({ startup }: ProxyConnection): boolean {
    const { applicationName, replication } = this.#options;
    const name = startup.application_name ?? '';
    if (applicationName instanceof RegExp && !applicationName.test(name)) return false;
    if (typeof applicationName === 'string' && applicationName !== name) return false;
    return replication === undefined || replication === (startup.replication !== undefined);
  }

  #pattern(): RegExp {
    const ofStep = this.#step === 'before-commit' || this.#step === 'commit-sent' ? commit : anything;
    return this.#options.matching ?? ofStep;
  }

  #act(connection: ProxyConnection, reply: number): void {
    if (this.#action === 'cut') connection.cut();
    if (this.#action === 'freeze') {
      this.#frozen.set(connection, reply);
      connection.freeze();
    }
    const times = this.#hits.push(connection);
    for (const waiting of this.#waiting) if (waiting.times === times) waiting.resolve(connection);
  }
}
