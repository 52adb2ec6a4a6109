import { MillraceError } from '../errors/millrace-error.ts';

/** A connection of a driver's with what is asked on it. */
interface Session {
  /** Ends it politely. Idempotent. */
  close(): Promise<void>;
  /** Cuts it: what waits on it rejects. */
  destroy(): void;
}

export interface OnDemandSessionOptions<S extends Session> {
  readonly open: (signal: AbortSignal) => Promise<S>;
  /** The `CONNECTION_LOST` of the connector, with this message. */
  readonly lost: (message: string) => Error;
}

/** What is asked on the connection; the signal ends it. */
export type SessionUse<S, T> = (session: S, signal: AbortSignal) => Promise<T>;

/** How long a question may take when nobody else limits it. */
const patience = 10_000;

const connectionIsGone = (error: unknown): boolean =>
  !(error instanceof MillraceError) || error.code === 'CONNECTION_LOST' || error.code === 'CONNECTION_FAILED';

/**
 * One connection for questions whose answers may be asked for again. It is made at the first use and again after it
 * broke; uses wait for each other.
 */
export class OnDemandSession<S extends Session> implements AsyncDisposable {
  readonly #options: OnDemandSessionOptions<S>;
  #session: S | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #running: AbortController | null = null;
  #closed: Error | null = null;

  constructor(options: OnDemandSessionOptions<S>) {
    this.#options = options;
  }

  /**
   * Runs `use` on the connection; it may run twice when the connection turns out to have broken while it was idle.
   * Rejects with the signal's reason when aborted, with `CONNECTION_LOST` after 10 s without a signal and when closed.
   */
  use<T>(use: SessionUse<S, T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#last.then(() => this.#limited(use, signal));
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Ends what is running. Idempotent; nothing can be asked afterwards. */
  async close(): Promise<void> {
    this.#closed ??= this.#options.lost('The source was closed');
    this.#running?.abort(this.#closed);
    await this.#last;
    await this.#session?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #limited<T>(use: SessionUse<S, T>, given: AbortSignal | undefined): Promise<T> {
    given?.throwIfAborted();
    if (this.#closed !== null) throw this.#closed;
    const running = new AbortController();
    const abort = () => running.abort(given?.reason);
    const silent = () => running.abort(this.#options.lost(`The source did not answer within ${patience} ms`));
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

  async #attempt<T>(use: SessionUse<S, T>, signal: AbortSignal): Promise<T> {
    const reused = this.#session !== null;
    try {
      return await this.#once(use, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (reused && this.#session === null) return this.#once(use, signal);
      throw error;
    }
  }

  async #once<T>(use: SessionUse<S, T>, signal: AbortSignal): Promise<T> {
    this.#session ??= await this.#options.open(signal);
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
