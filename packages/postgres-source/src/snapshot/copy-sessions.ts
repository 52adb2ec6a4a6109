import type { PostgresConnection } from '@millrace/postgres-client';
import { CopySession } from './copy-session.ts';

export interface CopySessionsOptions {
  readonly connection: PostgresConnection;
  readonly applicationName: string;
}

/** How long a session waits for its next use, in milliseconds: between two ranges, not after the copy. */
const idleFor = 3_000;

/** Connections of their own for everything that is read beside the log: made when they are needed, and soon given up. */
export class CopySessions {
  readonly #options: CopySessionsOptions;
  readonly #used = new Set<CopySession>();
  readonly #idle = new Map<CopySession, NodeJS.Timeout>();
  #closed = false;

  constructor(options: CopySessionsOptions) {
    this.#options = options;
  }

  /** One that nobody else uses until it is given back or discarded. The signal ends only the connecting. */
  async take(signal: AbortSignal): Promise<CopySession> {
    signal.throwIfAborted();
    const session = this.#waiting() ?? (await this.#open(signal));
    this.#used.add(session);
    if (this.#closed) this.discard(session);
    return session;
  }

  giveBack(session: CopySession): void {
    if (!this.#used.delete(session)) return;
    const timer = setTimeout(() => this.#drop(session), idleFor);
    this.#idle.set(session, timer);
  }

  /** Instead of giving it back: cuts one that is in the middle of something. */
  discard(session: CopySession): void {
    this.#used.delete(session);
    session.destroy();
  }

  /** One use of a session, which is discarded when that fails. */
  async use<T>(use: (session: CopySession) => Promise<T>, signal: AbortSignal): Promise<T> {
    const session = await this.take(signal);
    try {
      const result = await use(session);
      this.giveBack(session);
      return result;
    } catch (error) {
      this.discard(session);
      throw error;
    }
  }

  /** Idempotent. What is used is cut. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const session of [...this.#used]) this.discard(session);
    const idle = [...this.#idle];
    this.#idle.clear();
    for (const [, timer] of idle) clearTimeout(timer);
    await Promise.all(idle.map(([session]) => session.plain.close()));
  }

  #waiting(): CopySession | null {
    for (const [session, timer] of this.#idle) {
      this.#idle.delete(session);
      clearTimeout(timer);
      return session;
    }
    return null;
  }

  async #open(signal: AbortSignal): Promise<CopySession> {
    const opened: { session: CopySession | null } = { session: null };
    const onLost = () => {
      if (opened.session !== null) this.#drop(opened.session);
    };
    opened.session = await CopySession.open({ ...this.#options, signal, onLost });
    return opened.session;
  }

  #drop(session: CopySession): void {
    clearTimeout(this.#idle.get(session));
    this.#idle.delete(session);
    void session.plain.close();
  }
}
