import type { FinishReason } from '../machine/stream-machine.ts';
import type { Settings } from '../options/settings.ts';
import { GivenUp } from '../sinks/given-up.ts';
import type { SessionStatistics } from '../statistics/session-statistics.ts';

/** How exactly `elapsedTime` is kept, ms; it may be changed meanwhile. */
const clockInterval = 50;

/** How long what is under way may take when a limit was reached, ms. */
const drainPatience = 10_000;

export interface RunLimitOptions {
  /** Read whenever they are used. */
  readonly limits: Settings['limits'];
  readonly statistics: SessionStatistics;
  /** Somebody else has ended the run. */
  readonly isEnding: () => boolean;
  readonly drain: () => void;
}

/** Ends a run by itself, and remembers why. */
export class RunLimits {
  readonly #options: RunLimitOptions;
  readonly #overtime = new AbortController();
  readonly #clock: NodeJS.Timeout;
  #patience: NodeJS.Timeout | undefined;
  #reason: FinishReason | null = null;

  constructor(options: RunLimitOptions) {
    this.#options = options;
    this.#clock = setInterval(() => this.check(), clockInterval);
  }

  /** `null` unless the run ends by itself. */
  get reason(): FinishReason | null {
    return this.#reason;
  }

  /** Aborts what is still not written when the patience with a run that ends by itself is over. */
  get overtime(): AbortSignal {
    return this.#overtime.signal;
  }

  /** As `WriterOptions.remaining`. */
  remaining(): number | null {
    const { limits, statistics } = this.#options;
    return limits.numberOfEvents === 0 ? null : limits.numberOfEvents - statistics.written;
  }

  check(): void {
    const { limits, statistics } = this.#options;
    if (limits.elapsedTime > 0 && statistics.elapsed() >= limits.elapsedTime * 1_000) this.finish('time-limit');
    else if (limits.numberOfEvents > 0 && statistics.committed >= limits.numberOfEvents) this.finish('event-limit');
  }

  finish(reason: FinishReason): void {
    const { isEnding, drain } = this.#options;
    if (this.#reason !== null || isEnding()) return;
    this.#reason = reason;
    this.#patience = setTimeout(() => this.#overtime.abort(new GivenUp()), drainPatience);
    drain();
  }

  close(): void {
    clearInterval(this.#clock);
    clearTimeout(this.#patience);
  }
}
