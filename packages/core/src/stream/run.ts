/** One run of a stream, from `start()` or `recover()` to its end, as a promise and as a signal. */
export class Run {
  readonly done: Promise<void>;
  readonly #ended = new AbortController();
  readonly #settle: { resolve(): void; reject(error: Error): void };

  constructor() {
    let settle: { resolve(): void; reject(error: Error): void } | undefined;
    this.done = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject };
    });
    // Nobody has to look at it.
    this.done.catch(() => {});
    this.#settle = settle as { resolve(): void; reject(error: Error): void };
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** What the next start is part of: this run, as long as it has not ended. */
  next(): Run {
    return this.#ended.signal.aborted ? new Run() : this;
  }

  resolve(): void {
    this.#settle.resolve();
    this.#ended.abort();
  }

  reject(error: Error): void {
    this.#settle.reject(error);
    this.#ended.abort();
  }
}
