import type { EventHub } from '../contracts/event-hub.ts';
import type { ChangeBatch } from '../model/change-batch.ts';

/** The least time between two positions that nothing came with, ms; while something waits for them, the other. */
const interval = 1_000;
const awaitedInterval = 50;

/**
 * Holds positions back that come without changes, e.g. those of transactions of which the filter left nothing: each
 * costs the sink a commit, so the newest goes on at most once in a while, and at once with the next changes.
 */
export class IdleAdvance {
  readonly #hub: EventHub;
  readonly #signal: AbortSignal;
  readonly #isAwaited: () => boolean;
  #held: ChangeBatch | null = null;
  #timer: NodeJS.Timeout | null = null;

  /** `isAwaited`: there are tables that have to catch up with a position. */
  constructor(hub: EventHub, signal: AbortSignal, isAwaited: () => boolean) {
    this.#hub = hub;
    this.#isAwaited = isAwaited;
    this.#signal = signal;
  }

  hold(batch: ChangeBatch): void {
    this.#held = batch;
    this.#timer ??= setTimeout(() => this.#publish(), this.#isAwaited() ? awaitedInterval : interval);
  }

  /** Changes go on: their position is newer than the one held. */
  drop(): void {
    this.#held = null;
  }

  /** Publishes what is held, so that draining leaves nothing behind. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#publish();
  }

  #publish(): void {
    this.#timer = null;
    const held = this.#held;
    this.#held = null;
    // A hub takes positions without changes in at once; one that cannot will get a newer position later.
    if (held !== null) Promise.resolve(this.#hub.publish(held, this.#signal)).catch(() => {});
  }
}
