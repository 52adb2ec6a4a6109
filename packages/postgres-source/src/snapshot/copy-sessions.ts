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
  readonly #idle = new Map<CopySession, NodeJS.Timeout>();

  constructor(options: CopySessionsOptions) {
    this.#options = options;
  }

  /** One that nobody else uses until it is given back. The signal ends only the connecting. */
  async take(signal: AbortSignal): Promise<CopySession> {
    signal.throwIfAborted();
    for (const [session, timer] of this.#idle) {
      this.#idle.delete(session);
      clearTimeout(timer);
      return session;
    }
    let opened: CopySession | null = null;
    const onLost = () => {
      if (opened !== null) this.#drop(opened);
    };
    opened = await CopySession.open({ ...this.#options, signal, onLost });
    return opened;
  }

  /** Not for one in the middle of something, or destroyed. */
  giveBack(session: CopySession): void {
    const timer = setTimeout(() => this.#drop(session), idleFor);
    this.#idle.set(session, timer);
  }

  /** One use of a session, which is destroyed when that fails. */
  async use<T>(use: (session: CopySession) => Promise<T>, signal: AbortSignal): Promise<T> {
    const session = await this.take(signal);
    try {
      const result = await use(session);
      this.giveBack(session);
      return result;
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  /** Closes those that nobody uses; whoever uses one ends it himself. */
  async close(): Promise<void> {
    const idle = [...this.#idle];
    this.#idle.clear();
    for (const [, timer] of idle) clearTimeout(timer);
    await Promise.all(idle.map(([session]) => session.plain.close()));
  }

  #drop(session: CopySession): void {
    clearTimeout(this.#idle.get(session));
    this.#idle.delete(session);
    void session.plain.close();
  }
}
