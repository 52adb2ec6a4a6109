import type { ChangeBatch, EventHub } from '@millrace/core';
import { comparePositions } from '../batches.ts';
import type { FaultInjector } from '../faults/fault-injector.ts';
import { patience, within } from '../within.ts';
import type { EventHubWorld } from './event-hub-world.ts';

const limits = { maxChanges: 8, maxBytes: 1_000_000 };

/**
 * Moves a log through a hub as reader and writer do: the one publishes, the other takes and releases. After a failure
 * both begin anew with another hub, at what is safe.
 */
export class HubTransfer {
  readonly #world: EventHubWorld;
  readonly #injector: FaultInjector;
  /** What each hub was to deliver, and what of it the writer has taken. */
  readonly hubs: { readonly published: readonly ChangeBatch[]; readonly taken: ChangeBatch[] }[] = [];
  /** What was released, and then called safe. */
  readonly released: string[] = [];
  readonly safe: string[] = [];
  /** What was called safe before it was released. */
  readonly early: string[] = [];

  constructor(world: EventHubWorld, injector: FaultInjector) {
    this.#world = world;
    this.#injector = injector;
  }

  /** Resolves when all of the log was released. */
  run(log: readonly ChangeBatch[]): Promise<void> {
    return this.#injector.insist(
      (signal) => within(patience, 'a log through the hub', this.#runOnce(log, signal)),
      async ({ rest }) => {
        await within(patience, 'the end of a call to a hub that is closed', rest);
      },
    );
  }

  async #runOnce(log: readonly ChangeBatch[], signal: AbortSignal): Promise<void> {
    const hub = this.#world.create(limits);
    const after = this.released.at(-1) ?? '0';
    const published = log.slice(begin(log, after));
    const ends = new AbortController();
    const both = AbortSignal.any([signal, ends.signal]);
    const unsubscribe = hub.onSafe((position) => {
      this.safe.push(position);
      if (!this.released.includes(position)) this.early.push(position);
    });
    try {
      await Promise.all([this.#write(hub, published, both), this.#read(hub, published, both)]);
    } finally {
      ends.abort(new Error('the transfer has ended'));
      unsubscribe();
      await hub.close();
    }
  }

  async #read(hub: EventHub, published: readonly ChangeBatch[], signal: AbortSignal): Promise<void> {
    for (const batch of published) await this.#injector.call(signal, async () => hub.publish(batch, signal));
    await hub.close();
  }

  async #write(hub: EventHub, published: readonly ChangeBatch[], signal: AbortSignal): Promise<void> {
    const taken: ChangeBatch[] = [];
    this.hubs.push({ published, taken });
    for await (const batch of hub.subscribe(signal)) {
      taken.push(batch);
      await new Promise(setImmediate);
      if (batch.position === null) continue;
      this.released.push(batch.position);
      hub.release(batch.position);
    }
  }
}

/** The first batch behind what contains the position. */
const begin = (log: readonly ChangeBatch[], after: string): number => {
  const last = log.findLastIndex(({ position }) => position !== null && comparePositions(position, after) <= 0);
  return last + 1;
};
