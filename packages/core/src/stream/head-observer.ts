import type { Source } from '../contracts/source.ts';
import type { SessionStatistics } from '../statistics/session-statistics.ts';

/** Asks the source for its newest position and its clock: for statistics only, so a failure to ask is none. */
export class HeadObserver {
  readonly #source: Pick<Source, 'head'>;
  readonly #statistics: SessionStatistics;
  /** A server that does not answer is asked once. */
  #isAsking = false;

  constructor(source: Pick<Source, 'head'>, statistics: SessionStatistics) {
    this.#source = source;
    this.#statistics = statistics;
  }

  async observe(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const asked = Date.now();
      const { position, time } = await this.#source.head();
      const answered = Date.now();
      this.#statistics.head(position, { offset: time - (asked + answered) / 2, roundTrip: answered - asked });
    } catch {
      // The next failure of the stream itself will say what is wrong.
    } finally {
      this.#isAsking = false;
    }
  }
}
