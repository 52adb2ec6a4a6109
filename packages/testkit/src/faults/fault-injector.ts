import { setTimeout } from 'node:timers/promises';
import { within } from '../within.ts';

/**
 * What happens to a call of a connector. `rejected`: before the work; `reply-lost`: after it; `delayed`: it only takes
 * longer; `hanging`: there is no answer until it is aborted, in the middle of its work; `died`: so does its process, while
 * the work goes on.
 */
export const faults = ['rejected', 'reply-lost', 'delayed', 'hanging', 'died'] as const;

export type Fault = (typeof faults)[number];

/** What the stream sees of a fault. */
export class InjectedFault extends Error {
  readonly fault: Fault;
  /** Settles when nothing of the call goes on any more. */
  readonly rest: Promise<unknown>;

  constructor(fault: Fault, rest: Promise<unknown> = Promise.resolve()) {
    super(`Injected: ${fault}`);
    this.fault = fault;
    this.rest = rest;
  }
}

/** Milliseconds by which a call is delayed, before and after its work. */
const delay = 15;
/** A wait observes its signal within a second; beside it, machines are slow. */
const abortLimit = 2_000;

/**
 * Stands between the stream and its connector, and spoils one call of each attempt. Nothing is spoilt outside of
 * attempts: what recovers from a fault meets no other.
 */
export class FaultInjector {
  readonly fault: Fault | null;
  /** How many calls come before the one that is spoilt; `null`: none is. */
  #before: number | null = null;
  #aborter = new AbortController();

  constructor(fault: Fault | null) {
    this.fault = fault;
  }

  /**
   * Does what the stream would, again and again: the first time its first call is spoilt, then its second, until all
   * went well. `recover` is what the stream does after a failure. What is no fault of ours is thrown.
   */
  async insist<T>(
    work: (signal: AbortSignal) => Promise<T>,
    recover: (fault: InjectedFault) => Promise<void>,
  ): Promise<T> {
    for (let call = 0; ; call++)
      try {
        return await this.#attempt(call, work);
      } catch (error) {
        if (!(error instanceof InjectedFault)) throw error;
        await recover(error);
      }
  }

  /** One call of the connector. `signal`: the one that it was given, or `null` where it takes none. */
  async call<T>(signal: AbortSignal | null, work: () => Promise<T>): Promise<T> {
    const { fault } = this;
    if (fault === null || !this.#isDue()) return work();
    switch (fault) {
      case 'rejected':
        throw new InjectedFault(fault);
      case 'reply-lost':
        await work();
        throw new InjectedFault(fault);
      case 'delayed': {
        await setTimeout(delay);
        const result = await work();
        await setTimeout(delay);
        return result;
      }
      case 'hanging': {
        const rest = Promise.allSettled([work()]);
        await new Promise(setImmediate);
        this.#aborter.abort(new InjectedFault(fault));
        if (signal !== null) await within(abortLimit, 'the end of a call that was aborted', rest);
        throw new InjectedFault(fault, rest);
      }
      case 'died':
        throw new InjectedFault(fault, Promise.allSettled([work()]));
    }
  }

  async #attempt<T>(call: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#aborter = new AbortController();
    this.#before = call;
    try {
      return await work(this.#aborter.signal);
    } finally {
      this.#before = null;
    }
  }

  #isDue(): boolean {
    if (this.#before === null) return false;
    if (this.fault === 'delayed') return true;
    const isDue = this.#before === 0;
    this.#before = isDue ? null : this.#before - 1;
    return isDue;
  }
}
