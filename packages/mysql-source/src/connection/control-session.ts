import { MillraceError } from '@millrace/core';
import { mysqlSourceError } from '../mysql-source-errors.ts';
import type { ResolvedConnection } from './connection-options.ts';
import { MysqlSession } from './mysql-session.ts';

export interface ControlSessionOptions {
  readonly connection: ResolvedConnection;
  readonly applicationName: string;
  /** Called when the connection breaks while nothing is asked. */
  readonly onLost?: () => void;
}

/** What is asked on the connection; the signal ends it. */
type Use<T> = (session: MysqlSession, signal: AbortSignal) => Promise<T>;

/** How long a question to the server may take when nobody else limits it. */
const patience = 10_000;

const connectionIsGone = (error: unknown): boolean =>
  !(error instanceof MillraceError) || error.code === 'CONNECTION_LOST' || error.code === 'CONNECTION_FAILED';

/**
 * The plain connection beside the one that reads the log: for questions to the server, whose answers may be asked for
 * again. It is made at the first use and again after it broke; uses wait for each other.
 */
export class ControlSession {
  readonly #options: ControlSessionOptions;
  #session: MysqlSession | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #running: AbortController | null = null;
  #closed: Error | null = null;

  constructor(options: ControlSessionOptions) {
    this.#options = options;
  }

  /**
   * Runs `use` on the connection; it may run twice when the connection turns out to have broken while it was idle.
   * Rejects with the signal's reason when aborted, with `CONNECTION_LOST` after 10 s without a signal and when closed.
   */
  use<T>(use: Use<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#last.then(() => this.#limited(use, signal));
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Ends what is running. Idempotent; nothing can be asked afterwards. */
  async close(): Promise<void> {
    this.#closed ??= mysqlSourceError('CONNECTION_LOST', 'The source was closed');
    this.#running?.abort(this.#closed);
    await this.#last;
    await this.#session?.close();
  }

  async #limited<T>(use: Use<T>, given: AbortSignal | undefined): Promise<T> {
    given?.throwIfAborted();
    if (this.#closed !== null) throw this.#closed;
    const running = new AbortController();
    const abort = () => running.abort(given?.reason);
    const silent = () =>
      running.abort(mysqlSourceError('CONNECTION_LOST', `The source did not answer within ${patience} ms`));
    const timer = given === undefined ? setTimeout(silent, patience) : undefined;
    given?.addEventListener('abort', abort, { once: true });
    this.#running = running;
    try {
      return await this.#attempt(use, running.signal);
    } finally {
      this.#running = null;
      clearTimeout(timer);
      given?.removeEventListener('abort', abort);
    }
  }

  async #attempt<T>(use: Use<T>, signal: AbortSignal): Promise<T> {
    const reused = this.#session !== null;
    try {
      return await this.#once(use, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (reused && this.#session === null) return this.#once(use, signal);
      throw error;
    }
  }

  async #once<T>(use: Use<T>, signal: AbortSignal): Promise<T> {
    this.#session ??= await MysqlSession.open(this.#options.connection, {
      applicationName: this.#options.applicationName,
      doing: 'connect to the source',
      signal,
      onLost: this.#options.onLost,
    });
    const session = this.#session;
    try {
      return await use(session, signal);
    } catch (error) {
      if (connectionIsGone(error)) {
        session.destroy();
        this.#session = null;
      }
      throw error;
    }
  }
}

/** One use of a connection of its own, for methods that may be called while the source is closed. */
export const withSession = async <T>(options: ControlSessionOptions, use: Use<T>, signal?: AbortSignal): Promise<T> => {
  const control = new ControlSession(options);
  try {
    return await control.use(use, signal);
  } finally {
    await control.close();
  }
};
