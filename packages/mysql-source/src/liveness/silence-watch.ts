import type { DumpTimings } from './dump-timings.ts';
import { silenceVerdict } from './silence-verdict.ts';

/** Gives a connection up on which nothing comes any more, though it is read. */
export class SilenceWatch {
  readonly #timings: DumpTimings;
  readonly #giveUp: (silence: number) => void;
  readonly #timer: NodeJS.Timeout;
  #lastInbound = performance.now();
  #lastCheck = this.#lastInbound;
  #readingSince: number | null = this.#lastInbound;
  /** True once the server has found where to begin. */
  begun = false;

  constructor(timings: DumpTimings, giveUp: (silence: number) => void) {
    this.#timings = timings;
    this.#giveUp = giveUp;
    this.#timer = setInterval(() => this.#check(), timings.checkEvery);
  }

  heard(): void {
    this.#lastInbound = performance.now();
  }

  /** While the socket is not read silence means nothing. */
  set reading(reading: boolean) {
    if (!reading) this.#readingSince = null;
    else this.#readingSince ??= performance.now();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #check(): void {
    const now = performance.now();
    const verdict = silenceVerdict({
      now,
      lastInbound: this.#lastInbound,
      readingSince: this.#readingSince,
      lastCheck: this.#lastCheck,
      begun: this.begun,
      timings: this.#timings,
    });
    this.#lastCheck = now;
    if (verdict === 'stalled') this.#readingSince = now;
    if (verdict === 'dead') this.#giveUp(now - this.#lastInbound);
  }
}
