import type { Checkpoint } from '../contracts/checkpoint.ts';
import { coreError } from '../errors/core-errors.ts';
import { Signal } from '../hub/signal.ts';
import type { FinishReason, OpenPurpose } from '../machine/stream-machine.ts';
import type { Position } from '../model/position.ts';
import type { GroupBoundary } from '../pipeline/group-boundary.ts';
import { runTogether } from '../pipeline/run-together.ts';

/** What runs a side stream: a session like the stream's own. */
export interface SideSession {
  open(purpose: OpenPurpose, signal: AbortSignal): Promise<void>;
  run(signal: AbortSignal): Promise<FinishReason | null>;
  drain(): void;
  close(): Promise<void>;
}

export interface SideStreamOptions {
  readonly table: string;
  /** `onCheckpoint` is called with what is durable. */
  readonly session: (onCheckpoint: (checkpoint: Checkpoint) => void) => SideSession;
  readonly boundary: GroupBoundary;
  readonly compare: (a: Position, b: Position) => -1 | 0 | 1;
  readonly distance: (a: Position, b: Position) => number | null;
  /** Where the stream is, between two groups. */
  readonly position: () => Position;
  /** Between two groups: makes what the side stream has done part of the stream. */
  readonly merge: (side: Checkpoint) => Promise<void>;
}

/** How long the stream's writer waits for the side stream to get where it is, ms; and how long not, in between. */
const mergePatience = 200;
const mergeInterval = 1_000;

/** How long the side stream may take to end when it is to be merged, ms. */
const endPatience = 5_000;

/** How far behind a side stream may be for the writer to wait for it, in bytes of log. */
const nearby = 4 * 1024 * 1024;

/**
 * One attempt at a side stream: copies its table, follows it, and is merged into the stream when it is where that is.
 */
export class SideStream {
  readonly #options: SideStreamOptions;
  readonly #session: SideSession;
  readonly #moved = new Signal();
  readonly #over = new AbortController();
  #checkpoint: Checkpoint | null = null;
  /** What is durable of it is what its checkpoint says. */
  #hasEndedWell = false;

  constructor(options: SideStreamOptions) {
    this.#options = options;
    this.#session = options.session((checkpoint) => {
      this.#checkpoint = checkpoint;
      this.#moved.notify();
    });
  }

  /** Resolves with whether it was merged; otherwise `ending` has ended it. Everything is closed afterwards. */
  async run(ending: AbortSignal, signal: AbortSignal): Promise<boolean> {
    const session = this.#session;
    let isMerged = false;
    try {
      await session.open('reconnect', AbortSignal.any([signal, ending]));
      const drain = () => session.drain();
      ending.addEventListener('abort', drain);
      const run = async (both: AbortSignal) => {
        const running = session.run(both);
        if (ending.aborted) drain();
        try {
          await running;
          this.#hasEndedWell = true;
        } finally {
          this.#over.abort();
        }
      };
      await runTogether(
        [
          run,
          async (both) => {
            isMerged = await this.#merge(both);
          },
        ],
        signal,
      ).finally(() => ending.removeEventListener('abort', drain));
      return isMerged;
    } catch (error) {
      if (ending.aborted && !signal.aborted) return isMerged;
      throw error;
    } finally {
      await session.close();
    }
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  async #merge(signal: AbortSignal): Promise<boolean> {
    const either = AbortSignal.any([signal, this.#over.signal]);
    let waitUntil = 0;
    while (!either.aborted) {
      if (this.#isNearby(performance.now() >= waitUntil)) {
        if (await this.#options.boundary.act(() => this.#mergeHere(either))) return true;
        waitUntil = performance.now() + mergeInterval;
      }
      await this.#movedWithin(mergeInterval, either);
    }
    signal.throwIfAborted();
    return false;
  }

  /** The table is as the stream wants it, and the side stream at least where the stream is, or near it. */
  #isNearby(mayWait: boolean): boolean {
    const { table, compare, distance, position } = this.#options;
    const checkpoint = this.#checkpoint;
    if (checkpoint === null || checkpoint.position === null || checkpoint.tables[table]?.state !== 'live') return false;
    const here = position();
    if (compare(checkpoint.position, here) >= 0) return true;
    return mayWait && (distance(checkpoint.position, here) ?? 0) <= nearby;
  }

  /** The stream's writer stands still meanwhile. */
  async #mergeHere(either: AbortSignal): Promise<boolean> {
    const { compare, position } = this.#options;
    const here = position();
    const isThere = () => this.#checkpoint?.position != null && compare(this.#checkpoint.position, here) >= 0;
    const deadline = performance.now() + mergePatience;
    while (!isThere()) {
      const left = deadline - performance.now();
      if (left <= 0 || either.aborted) return false;
      await this.#movedWithin(left, either);
    }
    this.#session.drain();
    await this.#end();
    if (!this.#hasEndedWell || this.#checkpoint === null || !isThere()) return false;
    await this.#options.merge(this.#checkpoint);
    return true;
  }

  /** Until the side stream has ended. */
  async #end(): Promise<void> {
    const { signal } = this.#over;
    const tooLate = AbortSignal.timeout(endPatience);
    while (!signal.aborted) {
      await this.#movedWithin(endPatience, AbortSignal.any([signal, tooLate]));
      if (tooLate.aborted) throw coreError('CONNECTOR_FAILED', 'A side stream did not end in time');
    }
  }

  async #movedWithin(milliseconds: number, signal: AbortSignal): Promise<void> {
    const timer = setTimeout(() => this.#moved.notify(), milliseconds);
    try {
      await this.#moved.wait(signal).catch(() => {});
    } finally {
      clearTimeout(timer);
    }
  }
}
