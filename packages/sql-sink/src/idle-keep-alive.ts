/**
 * Touches the server now and then while a transaction is open and nothing is being run in it, so that the server does
 * not take it for abandoned. Never keeps Node alive.
 */
export class IdleKeepAlive {
  readonly #interval: number;
  readonly #touch: () => Promise<unknown>;
  #timer: NodeJS.Timeout | null = null;

  /** `interval` is in milliseconds. A touch that fails is left to the next statement to notice. */
  constructor(interval: number, touch: () => Promise<unknown>) {
    this.#interval = interval;
    this.#touch = touch;
  }

  start(): void {
    this.stop();
    this.#timer = setInterval(() => this.#touch().catch(() => {}), this.#interval).unref();
  }

  /** For as long as something else is waited for. */
  async during<T>(wait: () => Promise<T>): Promise<T> {
    this.start();
    try {
      return await wait();
    } finally {
      this.stop();
    }
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
