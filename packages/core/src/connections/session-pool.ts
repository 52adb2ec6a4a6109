/** A connection of a driver's with what is asked on it. */
interface Session {
  /** Ends it politely. Idempotent. */
  close(): Promise<void>;
  /** Cuts it: what waits on it rejects. */
  destroy(): void;
}

/** Makes a session; `onLost` is called when it breaks while nobody uses it. */
export type OpenSession<S extends Session> = (signal: AbortSignal, onLost: () => void) => Promise<S>;

/** How long a session waits for its next use, in milliseconds: between two ranges of a copy, not after it. */
const idleFor = 3_000;

/** Connections for uses that go on at the same time: made when they are needed, and soon given up. */
export class SessionPool<S extends Session> {
  readonly #openSession: OpenSession<S>;
  readonly #used = new Set<S>();
  readonly #idle = new Map<S, NodeJS.Timeout>();
  #closed = false;

  constructor(open: OpenSession<S>) {
    this.#openSession = open;
  }

  /** One that nobody else uses until it is given back or discarded. The signal ends only the connecting. */
  async take(signal: AbortSignal): Promise<S> {
    signal.throwIfAborted();
    const session = this.#waiting() ?? (await this.#open(signal));
    this.#used.add(session);
    if (this.#closed) this.discard(session);
    return session;
  }

  giveBack(session: S): void {
    if (!this.#used.delete(session)) return;
    const timer = setTimeout(() => this.#drop(session), idleFor);
    this.#idle.set(session, timer);
  }

  /** Instead of giving it back: cuts one that is in the middle of something. */
  discard(session: S): void {
    this.#used.delete(session);
    session.destroy();
  }

  /** One use of a session, which is discarded when that fails, and cut when the signal aborts. */
  async use<T>(use: (session: S) => Promise<T>, signal: AbortSignal): Promise<T> {
    const session = await this.take(signal);
    const abort = () => this.discard(session);
    signal.addEventListener('abort', abort, { once: true });
    try {
      const result = await use(session);
      this.giveBack(session);
      return result;
    } catch (error) {
      this.discard(session);
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Idempotent. What is used is cut. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const session of [...this.#used]) this.discard(session);
    const idle = [...this.#idle];
    this.#idle.clear();
    for (const [, timer] of idle) clearTimeout(timer);
    await Promise.all(idle.map(([session]) => session.close()));
  }

  #waiting(): S | null {
    for (const [session, timer] of this.#idle) {
      this.#idle.delete(session);
      clearTimeout(timer);
      return session;
    }
    return null;
  }

  async #open(signal: AbortSignal): Promise<S> {
    const opened: { session: S | null } = { session: null };
    const onLost = () => {
      if (opened.session !== null) this.#drop(opened.session);
    };
    opened.session = await this.#openSession(signal, onLost);
    return opened.session;
  }

  #drop(session: S): void {
    clearTimeout(this.#idle.get(session));
    this.#idle.delete(session);
    void session.close();
  }
}
