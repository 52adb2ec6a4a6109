/** What another connection says of a statement that has not been answered. */
export type StatementState = 'working' | 'waiting' | 'unknown';

export interface StallWatchOptions {
  /** How long an answer may take before the server is asked, and the time between two questions, ms. */
  readonly every: number;
  /** Asks the server over another connection whether it is still at work. */
  readonly ask: () => Promise<StatementState>;
  /** The answer will not come. */
  readonly giveUp: (reason: string) => void;
}

/** Bytes per second; a link that carries less counts as broken. */
const slowestLink = 10_000;

/** Questions in a row without any answer before the server counts as out of reach. */
const patience = 3;

/**
 * Notices an answer, or a part of the question, that got lost on the way: a statement may take as long as it likes, but
 * a server that is no longer at work on it has answered, or waits for what is missing. Without this a connection that is
 * frozen in between is waited for until the operating system gives it up, which can take a quarter of an hour.
 */
export class StallWatch {
  readonly #options: StallWatchOptions;

  constructor(options: StallWatchOptions) {
    this.#options = options;
  }

  /** Watches over one wait for the answer to a message of so many bytes, which may be asked for while it is sent. */
  async during<T>(bytes: () => number, wait: () => Promise<T>): Promise<T> {
    const started = performance.now();
    /** Until then the server may still be receiving the message, and looks as if it had nothing to do. */
    const sendingTime = () => (bytes() / slowestLink) * 1_000;
    let isWaiting = true;
    let isAsking = false;
    let waiting = 0;
    let unknown = 0;
    const check = async () => {
      if (isAsking || performance.now() - started < sendingTime()) return;
      isAsking = true;
      const state = await this.#options.ask();
      isAsking = false;
      waiting = state === 'waiting' ? waiting + 1 : 0;
      unknown = state === 'unknown' ? unknown + 1 : 0;
      if (!isWaiting) return;
      // Twice, because the first may have met an answer that was just on its way.
      if (waiting >= 2) this.#options.giveUp('the server waits for us, so something got lost on the way');
      if (unknown >= patience) this.#options.giveUp('the server is out of reach');
    };
    const timer = setInterval(() => void check(), this.#options.every);
    try {
      return await wait();
    } finally {
      isWaiting = false;
      clearInterval(timer);
    }
  }
}
